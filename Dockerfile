# The harness in a container: `docker build --tag resound .`, then `docker run --rm resound` is `make demo`.
# BASE is any image of Debian or Ubuntu with Python 3.11 or newer, its own or the distribution's.
ARG BASE=python:3.11-slim
FROM ${BASE}

# gcc and the headers are for sed_scores_eval, which is compiled where it is installed.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc git libc6-dev make \
    && { command -v python3 || apt-get install --yes --no-install-recommends python3 python3-dev python3-venv; } \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home resound && mkdir /resound && chown resound /resound
USER resound
WORKDIR /resound
ENV PIP_NO_CACHE_DIR=1

COPY --chown=resound . .
RUN make setup

CMD ["make", "demo"]
