import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.serving.browser.conftest import FORM, SNIPPET, Accord, Site

THANKS = "Thank you. We have received your message"
Opened = Callable[..., Page]


def fill(page: Page, email: str = "jane@example.com") -> None:
    page.wait_for_selector("[name=_website]", state="attached")  # the script is at work
    page.fill("[name=email]", email)
    page.fill("[name=message]", "Grüße & more")


def send(page: Page) -> None:
    page.click("button")


def thanked(page: Page) -> None:
    expect(page.get_by_role("status")).to_contain_text(THANKS)


def hidden_trap(page: Page) -> Locator:
    trap = page.locator("[name=_website]")
    box = trap.bounding_box()
    assert box is not None
    assert box["x"] < -1000
    return trap


def test_a_form_is_sent_with_the_types_of_its_fields_and_the_visitor_is_thanked(
    contact_page: Opened, accord_service: Accord, site: Site
) -> None:
    page = contact_page(path="/contact?utm_source=letter&gclid=g1&email=evil@example.com&country=DE")
    listen = "document.addEventListener('accord:sent', (event) => heard.push(event.detail.lead))"
    heard = page.evaluate_handle(f"() => {{ const heard = []; {listen}; return heard }}")
    fill(page)
    page.fill("[name=budget]", "1250.5")
    page.fill("[name=start_on]", "2027-02-03")
    page.select_option("[name=industry]", "Steel")
    page.check("[name=demo_requested]")
    page.fill("[name=country]", "canary")
    send(page)
    thanked(page)
    (stored,) = accord_service.submissions()
    stored.pop("marks")
    assert stored == {
        "email": "jane@example.com",
        "message": "Grüße & more",
        "budget": 1250.5,
        "start_on": "2027-02-03",
        "industry": "Steel",
        "demo_requested": True,
        "utm_source": "letter",
        "gclid": "g1",
        "page": f"{site.url}/contact",
    }
    assert heard.json_value()[0].startswith("ld_")
    assert not page.is_visible("[name=email]")
    assert page.evaluate("Object.keys(sessionStorage).filter((name) => !name.startsWith('accord:form'))") == []


def test_what_is_wrong_is_shown_at_its_field_and_can_be_put_right(contact_page: Opened, accord_service: Accord) -> None:
    page = contact_page(FORM.replace('type="email" required', 'type="text"'))
    fill(page, "jane@")
    send(page)
    wrong = page.locator("[name=email]")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    note = page.locator(f"#{wrong.get_attribute('aria-describedby')}")
    expect(note).to_contain_text("This must be an e-mail address")
    assert wrong.evaluate("(input) => input.validationMessage") == note.inner_text()
    assert wrong.evaluate("(input) => document.activeElement === input")
    expect(page.get_by_role("status")).to_have_text("Please look at the marked fields.")
    assert accord_service.submissions() == []
    wrong.fill("jane@example.com")
    expect(note).to_have_count(0)
    send(page)
    thanked(page)
    assert [one["email"] for one in accord_service.submissions()] == ["jane@example.com"]


def test_the_first_wrong_input_of_the_page_has_the_focus_and_each_text_stands_on_a_line_of_its_own(
    contact_page: Opened,
) -> None:
    page = contact_page("""
        <form data-accord>
          <label>Budget <input name="budget"></label>
          <label>E-mail <input name="email"></label>
          <button>Send</button>
        </form>""")
    page.wait_for_selector("[name=_website]", state="attached")
    page.fill("[name=budget]", "plenty")
    send(page)
    expect(page.locator(".accord-error")).to_have_text(["This must be a number", "This must be given"])
    assert page.evaluate("document.activeElement.name") == "budget"
    for name in ("budget", "email"):
        text, box = page.locator(f"[id$={name}]").bounding_box(), page.locator(f"[name={name}]").bounding_box()
        assert text is not None
        assert box is not None
        assert text["y"] >= box["y"] + box["height"]


def heard_of(page: Page) -> list[tuple[str, str]]:
    """What the script says to the page's author from now on."""
    said: list[tuple[str, str]] = []
    page.on("console", lambda one: said.append((one.type, one.text)) if one.text.startswith("Accord:") else None)
    return said


def test_the_author_is_told_once_of_each_input_that_the_form_does_not_know(contact_page: Opened) -> None:
    unknown = '<input name="countrie"><input type="checkbox" name="terms"><fieldset name="all"></fieldset>'
    page = contact_page(FORM.replace('type="email" required', 'type="text"').replace("<button", f"{unknown}<button"))
    said = heard_of(page)
    fill(page, "jane@")
    send(page)
    expect(page.locator(".accord-error")).to_have_count(1)
    page.fill("[name=email]", "jane@example.com")
    send(page)
    thanked(page)
    words = "Accord: the form has no field “{}”; it is not sent."
    assert said == [("warning", words.format(name)) for name in ("countrie", "terms")]


@pytest.mark.parametrize("wrong", ["key", "redirect"])
def test_what_only_the_author_can_put_right_is_told_to_the_author(
    contact_page: Opened, accord_service: Accord, wrong: str
) -> None:
    code, detail = {"key": ("key-invalid", "The key is not known"), "redirect": ("redirect", "_redirect must be")}[
        wrong
    ]
    away = '<input type="hidden" name="_redirect" value="https://evil.example"><button'
    page = contact_page(FORM.replace("<button", away) if wrong == "redirect" else FORM)
    said = heard_of(page)
    fill(page)
    if wrong == "key":
        unknown = {"Authorization": "Bearer pk_" + "0" * 64}
        page.route("**/v1/form", lambda route: route.continue_(headers=route.request.headers | unknown))
    send(page)
    closed = "This form cannot be sent at the moment. Please contact us another way."
    expect(page.get_by_role("status")).to_have_text(closed)
    assert [kind for kind, _ in said] == ["error"]
    assert said[0][1].startswith(f"Accord: {code}: {detail}")
    assert page.input_value("[name=email]") == "jane@example.com"
    assert accord_service.submissions() == []


def test_a_service_that_was_away_gets_the_lead_once(contact_page: Opened, accord_service: Accord) -> None:
    page = contact_page()
    fill(page)
    accord_service.stop()
    send(page)
    expect(page.get_by_role("status")).to_contain_text("tried again")
    accord_service.start()
    thanked(page)
    assert len(accord_service.submissions()) == 1


def test_an_answer_that_got_lost_does_not_make_a_second_lead(contact_page: Opened, accord_service: Accord) -> None:
    page = contact_page()
    fill(page)
    lost: list[int] = []

    def lose_the_first(route: Any) -> None:
        answer = route.fetch()
        if route.request.method == "POST" and not lost:
            lost.append(answer.status)
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route("**/v1/leads", lose_the_first)
    send(page)
    thanked(page)
    assert lost == [201]
    assert len(accord_service.submissions()) == 1


def test_pressing_twice_is_one_lead(contact_page: Opened, accord_service: Accord) -> None:
    page = contact_page()
    fill(page)
    page.dblclick("button")
    page.evaluate("document.forms[0].requestSubmit()")
    thanked(page)
    page.wait_for_load_state("networkidle")
    assert len(accord_service.submissions()) == 1


def test_what_was_typed_outlives_a_failure_and_a_reload_and_is_still_one_lead(
    contact_page: Opened, accord_service: Accord
) -> None:
    page = contact_page()
    fill(page)
    page.check("[name=demo_requested]")
    page.fill("[name=country]", "canary")
    stored: list[int] = []

    def lose(route: Any) -> None:
        if route.request.method == "POST":
            stored.append(route.fetch().status)
        route.abort()

    page.route("**/v1/leads", lose)
    send(page)
    expect(page.get_by_role("status")).to_contain_text("tried again")
    assert page.input_value("[name=email]") == "jane@example.com"
    page.unroute("**/v1/leads")
    page.reload()
    page.wait_for_selector("[name=_website]", state="attached")
    assert page.input_value("[name=message]") == "Grüße & more"
    assert page.is_checked("[name=demo_requested]")
    assert page.input_value("[name=country]") == ""
    assert "canary" not in page.evaluate("JSON.stringify(sessionStorage)")
    send(page)
    thanked(page)
    assert 201 in stored
    assert len(accord_service.submissions()) == 1


def test_what_fills_in_everything_is_quarantined(contact_page: Opened, accord_service: Accord) -> None:
    page = contact_page()
    fill(page)
    trap = hidden_trap(page)
    assert trap.evaluate("(input) => getComputedStyle(input).display") != "none"
    assert [trap.get_attribute(name) for name in ("aria-hidden", "tabindex", "autocomplete")] == ["true", "-1", "off"]
    trap.evaluate("(input) => { input.value = 'https://spam.example' }")
    send(page)
    thanked(page)
    assert "honeypot" in accord_service.submissions()[0]["marks"]


@pytest.fixture
def hanging() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    kept.append(listener.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()
    thread.join()


@pytest.mark.parametrize("how", ["async", "defer"])
def test_a_service_that_hangs_does_not_block_the_page(browser: Browser, site: Site, hanging: str, how: str) -> None:
    snippet = SNIPPET.format(service=hanging, key="pk_0").replace("async", how)
    own = "<script>document.title = 'ready'</script>"
    site.pages["/contact"] = f"<!doctype html>{snippet}{FORM}{own}"
    page = browser.new_page()
    page.goto(f"{site.url}/contact", wait_until="commit")
    expect(page).to_have_title("ready")
    page.fill("[name=email]", "jane@example.com")
    assert page.input_value("[name=email]") == "jane@example.com"
    page.close()


def test_a_service_that_hangs_while_sending_leaves_the_page_usable(contact_page: Opened) -> None:
    page = contact_page()
    fill(page)
    page.route("**/v1/leads", lambda _: None)
    send(page)
    expect(page.get_by_role("status")).to_have_text("Sending …")
    page.fill("[name=name]", "Jane")
    assert page.evaluate("1 + 1") == 2


def test_a_page_that_is_not_on_the_list_is_refused(
    browser: Browser, site: Site, foreign_site: Site, accord_service: Accord
) -> None:
    snippet = SNIPPET.format(service=accord_service.service.url, key=accord_service.key(site.url))
    foreign_site.pages["/"] = f"<!doctype html>{snippet}{FORM}"
    page = browser.new_page()
    page.goto(foreign_site.url)
    fill(page)
    send(page)
    expect(page.get_by_role("status")).to_contain_text("tried again")
    assert accord_service.submissions() == []
    page.close()


def test_the_script_works_under_a_strict_policy_of_the_page(
    contact_page: Opened, site: Site, accord_service: Accord
) -> None:
    service = accord_service.service.url
    site.headers["Content-Security-Policy"] = f"default-src 'none'; script-src {service}; connect-src {service}"
    page = contact_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    fill(page)
    hidden_trap(page)
    send(page)
    thanked(page)
    assert not [text for text in said if "Content Security Policy" in text]
    assert len(accord_service.submissions()) == 1


def test_the_visitor_is_taken_to_the_page_that_the_form_names(
    contact_page: Opened, site: Site, accord_service: Accord
) -> None:
    site.pages["/thanks"] = "<!doctype html><title>Thanks</title>"
    page = contact_page(FORM.replace("<button", f'<input type=hidden name=_redirect value="{site.url}/thanks"><button'))
    fill(page)
    send(page)
    page.wait_for_url(f"{site.url}/thanks")
    assert len(accord_service.submissions()) == 1


def test_a_page_may_take_over_what_is_shown(contact_page: Opened, accord_service: Accord) -> None:
    page = contact_page(FORM.replace('type="email" required', 'type="text"'))
    page.evaluate(
        "() => document.addEventListener('accord:failed', (event) => { event.preventDefault();"
        " document.title = event.detail.errors.map((error) => error.pointer + ' ' + error.code).join() })"
    )
    fill(page, "jane@")
    send(page)
    expect(page).to_have_title("#/email email-format")
    assert page.get_attribute("[name=email]", "aria-invalid") is None


PLAIN = """
<form method="post" action="{service}/v1/leads">
  <input type="hidden" name="_key" value="{key}">
  <input type="hidden" name="_redirect" value="{thanks}">
  <input name="email"><input name="budget"><input type="checkbox" name="demo_requested"><button>Send</button>
</form>
"""


@pytest.mark.parametrize("thanks", ["/thanks", ""])
def test_a_page_without_scripts_posts_plainly(
    browser: Browser, site: Site, accord_service: Accord, thanks: str
) -> None:
    site.pages["/thanks"] = "<!doctype html><title>Thanks</title>"
    service, key = accord_service.service.url, accord_service.key(site.url)
    site.pages["/contact"] = PLAIN.format(service=service, key=key, thanks=thanks and site.url + thanks)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/contact")
    page.fill("[name=email]", "jane@")
    page.fill("[name=budget]", "1.250,50")
    page.check("[name=demo_requested]")
    send(page)
    expect(page.locator("li")).to_have_text("Email: must be an e-mail address such as name@company.com")
    page.go_back()
    page.fill("[name=email]", "jane@example.com")
    send(page)
    expected = ("Thanks", site.url + thanks) if thanks else ("Thank you", f"{service}/v1/leads")
    expect(page).to_have_title(expected[0])
    assert page.url == expected[1]
    (stored,) = accord_service.submissions()
    assert (stored["email"], stored["budget"], stored["demo_requested"]) == ("jane@example.com", 1250.5, True)
    context.close()
