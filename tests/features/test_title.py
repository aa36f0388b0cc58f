import pytest

from features.title import function, seniority


@pytest.mark.parametrize(
    ("title", "level", "work"),
    [
        ("CEO", "c-level", "management"),
        ("Founder & CEO", "c-level", "management"),
        ("Geschäftsführerin (m/w/d)", "c-level", "management"),
        ("Amministratore Delegato", "c-level", "management"),
        ("Chief Information Officer", "c-level", "it"),
        ("Inhaber", "owner", "management"),
        ("Vice President Sales", "vp", "sales"),
        ("VP of Engineering", "vp", "engineering"),
        ("Directeur commercial", "director", "sales"),
        ("Diretor de TI", "director", "it"),
        ("Vertriebsleiter", "head", "sales"),
        ("Leiterin Personal", "head", "hr"),
        ("Hoofd inkoop", "head", "operations"),
        ("Jefe de compras", "head", "operations"),
        ("Responsable marketing", "head", "marketing"),
        ("Gerente de ventas", "manager", "sales"),
        ("Produktmanager", "manager", "product"),
        ("Chef de projet", "manager", "operations"),
        ("Senior Data Scientist", "senior", "data"),
        ("Software Engineer", "individual", "engineering"),
        ("Product Owner", "individual", "product"),
        ("Ärztin", "individual", "health"),
        ("Lehrerin", "individual", "education"),
        ("Werkstudent Marketing", "student", "marketing"),
        ("Praktikantin HR", "intern", "hr"),
        ("Estagiário", "intern", "other"),
        ("Personal Assistant to the CEO", "assistant", "office"),
        ("Assistenz der Geschäftsführung", "assistant", "office"),
        ("Assistant Manager Finance", "manager", "finance"),
        ("something else", "individual", "other"),
    ],
)
def test_a_title_tells_seniority_and_function(title: str, level: str, work: str) -> None:
    assert (seniority(title), function(title)) == (level, work)


def test_a_title_without_letters_tells_nothing() -> None:
    assert (seniority("-- 1 --"), function("??")) == (None, None)
