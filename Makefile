# Anteroom's chores. `make help` lists them.

SWIFT ?= swift
PYTHON ?= python3
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
VENV := .build-python
TOOLS := .build-tools
DEBUG := .build/debug
RELEASE := .build/release

# Debian's names. What is already there is not touched.
LIBRARIES := libssl-dev libhiredis-dev libnats-dev
PEERS := nginx haproxy wrk nghttp2-client redis-server
BROWSER := chromium chromium-driver fonts-dejavu-core
SHELLS := zsh fish
TEST_TOOLS := curl openssl openssh-client iproute2 nats-server slowhttptest systemd zbar-tools $(LIBRARIES) $(PEERS) \
	$(SHELLS)
# Unpacked and not installed: Debian's packages would start them, on the port of the demo.
MONITORS := prometheus prometheus-alertmanager
# Of which only the client is wanted, for what it says of its commands.
CONTAINERS := docker.io

.DEFAULT_GOAL := help
.PHONY: help run test docs soak chaos abuse fuzz bench build release lint blackbox clean libraries test-tools peers

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: release ## Start the demo shop and the gate in front of it
	@./demo/run.sh $(RELEASE)

test: test-tools $(VENV)/ready ## Lint and all tests; pytest's closing line is the last
	$(MAKE) lint
	ANTEROOM_CI=1 $(SWIFT) build --build-tests
	$(PYTHON) docs/reference.py
	ANTEROOM_CI=1 $(SWIFT) test --skip-build --parallel --skip DragonflyStoreTests --skip NATSBusTests
	ANTEROOM_CI=1 Tests/with-nats.sh $(SWIFT) test --skip-build --filter NATSBusTests
	ANTEROOM_CI=1 Tests/with-redis.sh plain $(SWIFT) test --skip-build --filter DragonflyStoreTests
	ANTEROOM_CI=1 Tests/with-redis.sh cluster $(SWIFT) test --skip-build --filter DragonflyStoreTests
	$(PYTHON) Benchmarks/bench.py --short --gate $(DEBUG)/anteroom
	$(MAKE) blackbox

blackbox: $(VENV)/ready ## Only the tests that drive the built binaries
	$(VENV)/bin/python -m pytest Tests/blackbox -n 2 --dist loadfile $(PYTEST)

bench: release peers ## Compare with nginx and HAProxy, and measure joins, polls, sockets and long lines
	$(SWIFT) build $(RELEASE_FLAGS) --product LineBenchmark
	$(PYTHON) Benchmarks/bench.py --gate $(RELEASE)/anteroom $(BENCH)

soak: release peers ## Idle connections (as the limit of descriptors allows) beside a saturating load, and the pages of the gate
	$(PYTHON) Benchmarks/bench.py --gate $(RELEASE)/anteroom --only crowd --only pages

chaos: release test-tools $(VENV)/ready ## Three gates, 2,000 browsers, and a minute of kills; then the history is judged
	$(VENV)/bin/python Tests/chaos/run.py --gate $(RELEASE)/anteroom $(CHAOS)

abuse: release test-tools $(VENV)/ready ## 500 visitors without and beside a bot of 1,000 requests a second
	$(VENV)/bin/python Tests/abuse/run.py --gate $(RELEASE)/anteroom $(ABUSE)

fuzz: libraries ## Fuzz the HTTP parsers and compare them with llhttp, FUZZ_SECONDS=300
	ANTEROOM_FUZZ=1 $(SWIFT) build -c release --scratch-path .build-fuzz --product HTTPWireFuzz \
		--sanitize fuzzer --sanitize address -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -enable-testing \
		-Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table
	Fuzz/run.sh

build: libraries ## Debug build of everything
	$(SWIFT) build

# What each is worth is in docs/PERFORMANCE.md.
RELEASE_FLAGS := -c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked \
	-Xswiftc -cross-module-optimization

release: libraries ## Release build of the gate and the demo shop
	$(SWIFT) build $(RELEASE_FLAGS) --product anteroom
	$(SWIFT) build $(RELEASE_FLAGS) --product demo-shop

docs: build ## The reference of the package API with DocC, into .build-docs
	$(PYTHON) docs/reference.py

lint: ## Formatting and style
	$(SWIFT) format lint --strict --parallel -r Sources Tests Fuzz Package.swift

clean: ## Remove what was built
	rm -rf .build .build-fuzz .build-docs $(VENV) $(TOOLS) artefacts

# What is missing of the packages $(1) is installed with apt-get; elsewhere than on Debian it is only named.
define install
@missing=""; for package in $(1); do \
	dpkg-query -W -f='$${db:Status-Status}\n' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ] && command -v apt-get >/dev/null; then \
	echo "Installing$$missing"; \
	$(SUDO) apt-get update -q && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
elif [ -n "$$missing" ]; then echo "Needed, by whatever name they have here:$$missing"; fi
endef

libraries:
	$(call install,$(LIBRARIES))

peers:
	$(call install,$(PEERS))

test-tools: $(TOOLS)/ready $(TOOLS)/containers
	$(call install,$(TEST_TOOLS))
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || $(MAKE) --no-print-directory browser
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory python-venv

.PHONY: browser python-venv
browser:
	$(call install,$(BROWSER))

python-venv:
	$(call install,python3-venv)

# The packages $(1) into $(TOOLS), unless the programs $(2) are there already.
define unpack
@mkdir -p $(TOOLS)
@missing=""; for name in $(2); do command -v $$name >/dev/null || missing="$$missing $$name"; done; \
if [ -z "$$missing" ]; then :; \
elif command -v apt-get >/dev/null; then \
	cd $(TOOLS) && echo "Unpacking $(1)" && \
	{ apt-get download -q $(1) || { $(SUDO) apt-get update -q && apt-get download -q $(1); }; } && \
	for package in *.deb; do dpkg -x $$package . || exit 1; done && rm -rf *.deb usr/share; \
else echo "Needed, by whatever name they have here: $(1)"; fi
@touch $@
endef

$(TOOLS)/ready:
	$(call unpack,$(MONITORS),prometheus promtool amtool)

$(TOOLS)/containers:
	$(call unpack,$(CONTAINERS),docker)
	@rm -f $(TOOLS)/usr/sbin/dockerd

$(VENV)/ready: Tests/blackbox/requirements.txt | test-tools
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@
