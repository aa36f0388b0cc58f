import datetime
import gzip
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from leads.table import TableError, read_table, table_chunks, write_chunks


def a_file(folder: Path, content: str | bytes, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TableError) as caught:
        read_table(path)
    return str(caught.value).replace(f"{path}", path.name)


ROWS = [{"Name": "Jürgen, A.", "City": None, "Seats": "3"}, {"Name": 'the "Boss"', "City": "a\nb", "Seats": "1;5"}]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_is_read_whatever_its_separator_encoding_and_line_ends(
    tmp_path: Path, separator: str, encoding: str, end: str
) -> None:
    text = pd.DataFrame(ROWS * 5).to_csv(sep=separator, index=False, lineterminator=end)
    frame = read_table(a_file(tmp_path, text.encode(encoding)))
    assert frame.to_dict("records")[:2] == ROWS
    assert {str(dtype) for dtype in frame.dtypes} == {"object"}


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251"])
def test_other_old_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    words = {"cp1250": "Zażółć gęślą jaźń, proszę", "cp1251": "Съешь же ещё этих мягких булок"}[encoding]
    text = "name;city\n" + f"{words};x\n" * 40
    assert read_table(a_file(tmp_path, text.encode(encoding)))["name"][0] == words


def test_the_separator_line_of_excel_is_no_header(tmp_path: Path) -> None:
    assert list(read_table(a_file(tmp_path, "sep=;\r\na;b\r\n1,0;2\r\n"))) == ["a", "b"]


def test_one_column_is_a_table_too(tmp_path: Path) -> None:
    assert read_table(a_file(tmp_path, "email\na@b.de\n")).to_dict("list") == {"email": ["a@b.de"]}


def test_a_column_without_a_name_gets_the_one_pandas_gives(tmp_path: Path) -> None:
    assert list(read_table(a_file(tmp_path, ",a,\n0,1,\n"))) == ["Unnamed: 0", "a", "Unnamed: 2"]


def test_rows_of_nothing_stay_and_empty_lines_do_not(tmp_path: Path) -> None:
    frame = read_table(a_file(tmp_path, "a,b\n1,2\n\n,\n3,4\n\n"))
    assert frame.to_dict("list") == {"a": ["1", None, "3"], "b": ["2", None, "4"]}


def test_chunks_are_the_table_in_order(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a,b\n" + "".join(f"{n},x\n" for n in range(25)))
    chunks = list(table_chunks(path, rows=10))
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]
    assert list(chunks[2].index) == [20, 21, 22, 23, 24]
    assert pd.concat(chunks).equals(read_table(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "leads.csv is empty; export the table again"),
        (" \n\n", "leads.csv is empty; export the table again"),
        ("a,b\n", "leads.csv has a header but no rows; add at least one row."),
        (
            "a,b\n1,2\n3\n",
            "leads.csv, line 3: 1 cells where the header has 2 (separated by commas); put quotation marks",
        ),
        ("a;b\n1;2\n3;4;5\n", "leads.csv, line 3: 3 cells where the header has 2 (separated by semicolons)"),
        ('a,b\n"1\n2",3\n4\n', "leads.csv, line 4: 1 cells where the header has 2"),
        ('a,b\n1,"2\n3,4\n', "leads.csv, line 2: a quotation mark is opened and never closed; close it or double it."),
        ('a,b\n1,"2"x\n', "leads.csv, line 2: a quotation mark stands inside a quoted cell; write it twice"),
        (
            "a,b,a\n1,2,3\n",
            "leads.csv, line 1: 2 columns are named “a” (columns 1, 3); give each column a name of its own.",
        ),
        (",,\n1,2,3\n", "leads.csv, line 1: the header is empty; write the names of the columns"),
        ("<!DOCTYPE html><html>", "leads.csv is a web page or XML, not a table; export the table as CSV."),
        ('[{"a": 1}]', "leads.csv is JSON, not a table; export the table as CSV or Parquet."),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "leads.csv is compressed with gzip; unpack it first."),
        (b"PAR1....", "leads.csv is named as a CSV table but is a Parquet file; rename it to end in .parquet."),
        (b"PK\x03\x04....", "leads.csv is named as a CSV table but is an Excel workbook; rename it to end in .xlsx."),
        (
            b"\xd0\xcf\x11\xe0....",
            "leads.csv is an old Excel workbook (.xls) or protected by a password; save it as .xlsx",
        ),
        (b"%PDF-1.7", "leads.csv is a PDF; export the table as CSV."),
        (bytes(range(256)) + b"\0" * 300, "leads.csv holds binary data, not a table"),
    ],
)
def test_a_csv_that_is_none_is_refused_with_place_and_remedy(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    assert refusal(a_file(tmp_path, content)).startswith(message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "leads.parquet",
            b"a,b\n1,2\n",
            "leads.parquet is named as a Parquet file but is a CSV table; rename it to end in .csv.",
        ),
        ("leads.xlsx", b"a,b\n1,2\n", "leads.xlsx is named as an Excel workbook but is a CSV table; rename it"),
        ("leads.parquet", b"PAR1 and no more", "leads.parquet is a damaged Parquet file ("),
        ("leads.xlsx", b"PK\x03\x04 and no more", "leads.xlsx is not an Excel workbook or is damaged; save it again"),
        ("leads.parquet", b"", "leads.parquet is empty"),
    ],
)
def test_a_file_that_is_not_what_it_is_named_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    assert refusal(a_file(tmp_path, content, name)).startswith(message)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv") == "There is no file none.csv; check the path."
    assert refusal(tmp_path) == f"{tmp_path.name} is a folder; name one file in it."


def test_a_ragged_row_far_down_is_found_where_it_stands(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a,b\n" + "1,2\n" * 1_000 + "1\n")
    read = table_chunks(path, rows=100)
    assert len(next(read)) == 100
    with pytest.raises(TableError, match="line 1002"):
        list(read)


TYPED = pd.DataFrame(
    {
        "name": ["Ada", None, "Kim"],
        "seats": pd.array([1, None, 3], dtype="Int64"),
        "spend": [1.5, None, 2.0],
        "demo": [True, False, True],
        "day": [datetime.date(2026, 1, 2), None, datetime.date(2026, 3, 4)],
        "at": pd.to_datetime(["2026-01-02 10:00", None, "2026-03-04 00:00"]).tz_localize("UTC"),
        "level": pd.Categorical(["a", None, "b"]),
    }
)


def test_parquet_keeps_its_types_in_every_chunk(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    write_chunks(path, [TYPED])
    whole, chunks = read_table(path), list(table_chunks(path, rows=1))
    assert len(chunks) == 3
    assert all(chunk["seats"].dtype == "Int64" for chunk in chunks)
    assert whole["seats"].tolist() == [1, pd.NA, 3]
    assert whole["day"][0] == datetime.date(2026, 1, 2)
    assert whole["level"].dropna().tolist() == ["a", "b"]


def test_parquet_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    TYPED.head(0).to_parquet(path, index=False)
    assert refusal(path) == "leads.parquet has a header but no rows; add at least one row."


def test_excel_is_read_from_the_first_sheet_that_holds_anything(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame().to_excel(book, sheet_name="cover", index=False)
        rows = pd.DataFrame({"name": ["Ada", "#N/A"], "seats": [1, 2], "code": [7, "x"], "won": [True, False]})
        rows.to_excel(book, sheet_name="leads", index=False, startrow=1)
    frame = read_table(path)
    assert frame["name"].isna().tolist() == [False, True]
    assert frame["seats"].tolist() == [1, 2]
    assert frame["code"].tolist() == [7, "x"]
    assert [len(chunk) for chunk in table_chunks(path, rows=1)] == [1, 1]


def test_excel_without_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    pd.DataFrame().to_excel(path, index=False)
    assert refusal(path).startswith("leads.xlsx has no sheet with data; put the table on the first sheet.")
    pd.DataFrame({"a": []}).to_excel(path, index=False)
    assert refusal(path).startswith("leads.xlsx has a header but no rows")


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.parquet"])
def test_what_is_written_in_chunks_is_read_back(tmp_path: Path, name: str) -> None:
    source = a_file(tmp_path, 'a;b\n1;"x;y"\n;\n3;"z"" 1"\n')
    assert write_chunks(tmp_path / name, table_chunks(source, rows=1)) == 3
    back = read_table(tmp_path / name)
    assert back.astype(object).where(back.notna(), None).equals(read_table(source))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.csv", name]


def test_a_parquet_column_that_is_empty_in_the_first_chunk_holds_what_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    chunks = [pd.DataFrame({"a": [None]}, dtype=object), pd.DataFrame({"a": ["x"]}, dtype=object)]
    assert write_chunks(path, chunks) == 2
    assert read_table(path)["a"].isna().tolist() == [True, False]


def test_typed_columns_survive_parquet_in_chunks(tmp_path: Path) -> None:
    write_chunks(tmp_path / "in.parquet", [TYPED])
    write_chunks(tmp_path / "out.parquet", table_chunks(tmp_path / "in.parquet", rows=1))
    assert read_table(tmp_path / "out.parquet").equals(read_table(tmp_path / "in.parquet"))


def test_a_column_of_numbers_and_words_is_written_as_text(tmp_path: Path) -> None:
    write_chunks(tmp_path / "out.parquet", [pd.DataFrame({"code": [7, "x", None]}, dtype=object)])
    assert read_table(tmp_path / "out.parquet")["code"].tolist()[:2] == ["7", "x"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_nothing_is_left_half_written_and_what_stood_there_stays(tmp_path: Path, name: str) -> None:
    def failing() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"a": [1]})
        raise ZeroDivisionError

    (tmp_path / name).write_text("before")
    with pytest.raises(ZeroDivisionError):
        write_chunks(tmp_path / name, failing())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "before")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.xlsx", "must end in .csv or .parquet"),
        ("out", "must end in .csv or .parquet"),
        ("no/out.csv", "No such file"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(TableError, match=message):
        write_chunks(tmp_path / name, [pd.DataFrame({"a": [1]})])


def test_a_table_can_be_written_over_the_one_it_is_read_from(tmp_path: Path) -> None:
    path = a_file(tmp_path, "a,b\n1,2\n3,4\n")
    assert write_chunks(path, (chunk.assign(c="x") for chunk in table_chunks(path, rows=1))) == 2
    assert path.read_text() == "a,b,c\n1,2,x\n3,4,x\n"
