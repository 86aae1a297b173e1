"""The picture that README begins with: `python -m tests.benchmarks.reporting.web.screenshot SITE docs/front.png`."""

import shutil
import sys
import tempfile
from pathlib import Path

from selenium import webdriver

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
SIZE = {"width": 1280, "height": 860, "deviceScaleFactor": 1, "mobile": False}


def main(site: str, out: str) -> None:
    """Write the first screen of a site's front page as PNG. Needs Chromium and its driver."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(shutil.which("chromedriver"))))
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
        browser.get((Path(site).absolute() / "index.html").as_uri())
        browser.save_screenshot(out)
        browser.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
