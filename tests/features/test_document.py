from features.document import PAGE, meaning, page
from features.matrix import plan
from leads.fields import Field
from leads.kinds import KINDS


def test_the_page_is_as_fresh_as_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "refresh it with: python -m features.document"


def test_every_feature_says_what_it_means() -> None:
    features = plan({kind: Field(kind=kind) for kind in KINDS}, "UTC")
    assert not [feature.name for feature in features if not meaning(feature).endswith(".")]
