"""Reads lines "<name> <md5>" and writes the list of tokens."""

import sys

from datasets.acquire.checksums import make_list

sys.stdout.write(make_list(sys.stdin))
