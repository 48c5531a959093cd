"""Have Chromium for the browser tests: there already, else from the system's packages where that is allowed.

Without it the browser tests are not run, and say so; that is no failure. QUITTANCE_NO_SYSTEM_PACKAGES=1 forbids
installing anything outside the project's folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def why_not() -> str | None:
    """Try to have Chromium; return why there is none, None when there is."""
    if any(shutil.which(name) for name in NAMES):
        return None
    if os.environ.get("QUITTANCE_NO_SYSTEM_PACKAGES") == "1":
        return "QUITTANCE_NO_SYSTEM_PACKAGES forbids installing it"
    apt = shutil.which("apt-get")
    if apt is None:
        return "it is not installed, and this system has no apt-get to install it with"
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], check=False).returncode):
        return "it is not installed, and only root may install it (apt-get install chromium)"
    print("Installing Chromium from the system's packages ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (
        ["update", "-q"],
        ["install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-liberation", "fonts-dejavu-core"],
    )
    for step in steps:
        done = subprocess.run([*prefix, apt, *step], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
            return f"apt-get {step[0]} failed: {last[0]}"
    return None if any(shutil.which(name) for name in NAMES) else "apt-get installed it, but it is not found"


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"No Chromium: {reason}. The browser tests will not be run.")
    sys.exit(0)
