"""The site in a real browser: Debian's chromium through selenium, both skipped where they are not installed.

RESOUND_AXE names axe.min.js of the npm package axe-core; without it its checks are skipped.
"""

import os
import shutil
from pathlib import Path

import pytest

selenium = pytest.importorskip("selenium", reason="selenium is not installed: pip install -e .[browser]")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER, AXE = shutil.which("chromedriver"), os.environ.get("RESOUND_AXE")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not installed"),
]
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
PAGES = (
    "index.html", "acrnn/index.html", "acrnn/t1.html", "acrnn/t2.html", "acrnn/t3.html", "acrnn/values.html",
    "acrnn/settings/att_aug.html", "acrnn/settings/rf.html", "acrnn/claims/attention_improves_esc10.html",
    "verdict.html", "guide/index.html", "guide/read.html", "guide/commands.html", "guide/models.html",
)  # fmt: skip
OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
RUN_AXE = (
    "const done = arguments[arguments.length - 1];"
    "axe.run({resultTypes: ['violations']}).then(found => done(found.violations.map("
    "one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`)))"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests, with an empty profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    driver.set_script_timeout(120)
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, site):
    """Opens a page of the site, in a window of some size, light or dark."""

    def opened(page: str, width: int = 1280, dark: bool = False):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wishes = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get("about:blank")
        browser.get_log("browser")
        browser.get(f"{site.as_uri()}/{page}")
        return browser

    return opened


def shown(browser, column: int) -> list[str]:
    """What stands in a column of the list of cells, of the rows that are shown."""
    rows = browser.find_elements(By.CSS_SELECTOR, "table.filtered tbody tr")
    return [row.find_elements(By.CSS_SELECTOR, "th, td")[column].text for row in rows if row.is_displayed()]


def ground(browser) -> str:
    return browser.execute_script("return getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_without_a_word_on_the_console_and_ask_for_no_other_host(page, opened):
    browser = opened(page)
    assert browser.get_log("browser") == [] and browser.find_element(By.TAG_NAME, "h1").is_displayed()
    asked = [line["message"] for line in browser.get_log("performance") if "requestWillBeSent" in line["message"]]
    assert asked and not [line for line in asked if '"url":"http' in line]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_a_phone(page, opened):
    browser = opened(page, width=390)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390


def test_two_clicks_lead_from_a_square_to_its_commands(opened):
    browser = opened("index.html")
    browser.find_element(By.CSS_SELECTOR, 'a.sq[href="acrnn/t3.html#c-att_aug.esc10"]').click()
    line = browser.find_element(By.CSS_SELECTOR, "tr:target")
    assert "att_aug" in line.get_attribute("id") and "93.7" in line.text
    line.find_element(By.LINK_TEXT, "att_aug").click()
    assert "run acrnn.t3.att_aug.esc10 --tier full" in browser.find_element(By.CSS_SELECTOR, "li:target").text


def test_columns_are_sorted_as_numbers_and_as_words(opened):
    browser = opened("acrnn/t1.html#cells")
    button = browser.find_elements(By.CSS_SELECTOR, "table.filtered thead button.sort")
    button[2].click()
    numbers = [float(text.partition(",")[0]) for text in shown(browser, 2) if text[:1].isdigit()]
    assert numbers == sorted(numbers) and len(numbers) > 8
    button[2].send_keys(Keys.ENTER)
    numbers = [float(text.partition(",")[0]) for text in shown(browser, 2) if text[:1].isdigit()]
    assert numbers == sorted(numbers, reverse=True)
    assert browser.find_elements(By.CSS_SELECTOR, "[aria-sort]")[0].text.startswith("published")
    button[0].click()
    words = shown(browser, 0)
    assert words == sorted(words, key=str.lower)


def test_cells_are_filtered_by_words_and_by_state(opened):
    browser = opened("acrnn/t3.html#cells")
    every = len(shown(browser, 0))
    field = browser.find_element(By.CSS_SELECTOR, ".filters input")
    field.send_keys("esc-50 augment")
    assert set(shown(browser, 1)) == {"ESC-50"} and 0 < len(shown(browser, 1)) < every
    field.send_keys(Keys.CONTROL, "a", Keys.DELETE)
    choice = browser.find_element(By.CSS_SELECTOR, ".filters select")
    state = choice.find_elements(By.TAG_NAME, "option")[1].get_attribute("value")
    choice.send_keys(state)
    assert {text.split(maxsplit=1)[1] for text in shown(browser, 4)} == {state}


def test_a_cell_that_is_asked_for_is_shown_whatever_is_filtered(opened):
    browser = opened("acrnn/t3.html#cells")
    browser.find_element(By.CSS_SELECTOR, ".filters input").send_keys("esc-50")
    browser.execute_script("location.hash = '#c-att_aug.esc10'")
    WebDriverWait(browser, 5).until(lambda now: now.find_element(By.ID, "c-att_aug.esc10").is_displayed())


def test_search_finds_cells_settings_and_claims_by_keyboard_alone(opened):
    browser = opened("acrnn/t3.html")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    field = browser.switch_to.active_element
    field.send_keys("att_aug esc50")
    found = WebDriverWait(browser, 5).until(lambda now: now.find_elements(By.CSS_SELECTOR, ".found a"))
    assert any("acrnn.t3.att_aug.esc50" in one.text for one in found)
    field.send_keys(Keys.ARROW_DOWN)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(browser, 5).until(lambda now: "att_aug" in now.current_url)


def test_dark_and_light_by_the_system_and_by_a_switch_that_stays(opened):
    light, dark = ground(opened("index.html")), ground(opened("index.html", dark=True))
    assert light != dark
    browser = opened("index.html")
    browser.find_element(By.CSS_SELECTOR, ".tools button").click()
    assert ground(browser) == dark
    assert ground(opened("acrnn/t3.html")) == dark
    browser.find_element(By.CSS_SELECTOR, ".tools button").click()
    assert ground(browser) == light


def test_squares_of_a_state_can_be_picked_out(opened):
    browser = opened("index.html")
    button = browser.find_element(By.CSS_SELECTOR, ".legend button")
    button.click()
    lit = len(browser.find_elements(By.CSS_SELECTOR, ".matrix .sq.lit"))
    assert button.get_attribute("aria-pressed") == "true" and str(lit) in button.text


def test_the_first_key_leads_to_the_content(opened):
    browser = opened("acrnn/t3.html")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "To the content"


def test_pages_read_without_a_script(opened):
    browser = opened("index.html")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(browser.current_url.replace("index.html", "acrnn/t3.html"))
        assert "93.7" in browser.find_element(By.CSS_SELECTOR, "table.own").text
        assert browser.find_element(By.ID, "c-att_aug.esc10").is_displayed()
        assert not browser.find_elements(By.CSS_SELECTOR, ".filters")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.skipif(AXE is None, reason="RESOUND_AXE names no axe.min.js")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing(page, dark, opened):
    browser = opened(page, dark=dark)
    browser.execute_script(OPEN_ALL)
    browser.execute_script(Path(str(AXE)).read_text(encoding="utf-8"))
    assert browser.execute_async_script(RUN_AXE) == []
