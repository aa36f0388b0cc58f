from features import message

TEXT = "Hello!\n\nCan you call us about 250 seats? See https://acme.com and www.acme.de\nTHANKS"


def test_a_message_is_measured_in_any_language() -> None:
    measured = [
        message.word_count,
        message.lines,
        message.questions,
        message.exclamations,
        message.digits,
        message.links,
    ]
    assert [measure(TEXT) for measure in measured] == [13, 3, 1, 1, 3, 2]
    assert message.characters("да？") == 3
    assert message.questions("да？") == 1


def test_capitals_are_a_share_of_the_letters_that_could_be_one() -> None:
    assert message.capitals_share("ABcd 12") == 0.5
    assert message.capitals_share("李小龙") is None
