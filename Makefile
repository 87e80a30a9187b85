# pleth. `make help` lists the targets.
SHELL := /bin/bash
GO ?= go
export CGO_ENABLED := 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
# No multiple of 2 MB: Linux would map the program by such pieces, of which a
# command needs little, and count all of it as memory in use. linux/amd64 only.
SMALL_PAGES := -T 0x411000
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

PAGES := web/static/dist/index.html

.PHONY: bench-reconcile services campaign rules help build pages test-pages e2e run test lint bench fuzz big validate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: pages ## build bin/pleth, its pages included
	$(GO) build -trimpath -ldflags '$(LDFLAGS) $(if $(filter linux/amd64,$(shell $(GO) env GOOS)/$(shell $(GO) env GOARCH)),$(SMALL_PAGES))' -o bin/pleth ./cmd/pleth

# The pages need Node 20; without it the program says on its first page how to
# get them.
pages: $(PAGES) ## build the pages that go into the program
$(PAGES): web/package-lock.json web/index.html web/vite.config.ts $(shell find web/src web/public -type f 2>/dev/null)
	@if ! command -v npm >/dev/null; then echo "NO PAGES: Node and npm are not installed; bin/pleth is built without its pages"; exit 0; fi; \
	cd web && { npm ci --no-audit --no-fund --loglevel=error || { sleep 5; npm ci --no-audit --no-fund --loglevel=error; } || \
	  { echo "NO PAGES: the packages of web/package-lock.json cannot be fetched; bin/pleth is built without its pages"; exit 0; }; } && \
	[ -d node_modules/vite ] && npm run --silent build && touch static/dist/index.html || [ ! -d node_modules/vite ]

test-pages: pages
	@if [ -d web/node_modules/vite ]; then cd web && npm run --silent lint && npm test --silent; \
	else echo "THE TESTS OF THE PAGES ARE SKIPPED: Node, npm or their packages are missing"; fi

BROWSER = command -v "$$CHROMIUM" || command -v chromium || command -v chromium-browser || command -v google-chrome
e2e: build ## drive the pages of the real program in Chromium; pictures in out/e2e
	@if [ ! -f $(PAGES) ]; then echo "THE BROWSER TESTS ARE SKIPPED: there are no pages"; exit 0; fi; \
	if ! { $(BROWSER); } >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing the package chromium"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 || true; fi; \
	if ! { $(BROWSER); } >/dev/null; then echo "THE BROWSER TESTS ARE SKIPPED: install the package chromium, or set CHROMIUM to its path"; exit 0; fi; \
	npm --prefix web run --silent e2e

run: build ## analyse a simulated night (summary, report and JSON under out/) and open the pages with it for an hour
	@mkdir -p out
	bin/pleth simulate night --sample --out out/night.csv
	bin/pleth analyze out/night.csv --age 9y --json --pdf --html --out out > /dev/null
	@bin/pleth analyze out/night.csv --age 9y
	@echo
	@echo "One page for the paediatrician:  out/night.pdf   out/night.html"
	@echo "The analysis document:           out/night.json  (check it: bin/pleth verify out/night.json out/night.csv)"
	@echo "What was true in this night:     out/night.truth.json"
	@$(MAKE) --no-print-directory pages-of-run

# The pages with the sample night, on this machine alone; their data is in out/data.
.PHONY: pages-of-run stop demo
pages-of-run:
	@if [ -f out/server.pid ] && kill -0 $$(cat out/server.pid) 2>/dev/null; then :; else \
	  rm -f out/server.url; port=8080; if (exec 3<>/dev/tcp/127.0.0.1/8080) 2>/dev/null; then port=0; fi; \
	  for_an_hour=$$(command -v timeout >/dev/null && echo "timeout 1h"); \
	  nohup $$for_an_hour bin/pleth serve --data out/data --listen 127.0.0.1:$$port >out/server.url 2>out/server.log </dev/null & echo $$! >out/server.pid; \
	  for i in $$(seq 100); do grep -q '^http' out/server.url && grep -q msg=ready out/server.log && break; sleep 0.1; done; \
	  if ! grep -q '^http' out/server.url; then echo "The pages could not be opened:"; cat out/server.log; exit 1; fi; \
	  bin/pleth import out/night.csv --to "$$(sed 's|/?token=.*||; s|/$$||' out/server.url)" --token-file out/data/admin-token >/dev/null; fi
	@echo "The same night on its page:      $$(head -1 out/server.url)"
	@echo "                                 (for an hour; make stop ends it, make demo shows a ward)"

stop: ## end the pages that make run has opened
	@if [ -f out/server.pid ]; then kill $$(cat out/server.pid) 2>/dev/null; rm -f out/server.pid; fi; true

demo: build ## a simulated ward and a shop of four systems until Ctrl-C: prints the address
	bin/pleth serve --demo --data out/demo

PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
.PHONY: release
release: pages ## one file for each of Linux, macOS and Windows, amd64 and arm64, with their checksums, under out/release
	@if [ ! -f $(PAGES) ]; then echo "NO RELEASE: there are no pages"; exit 1; fi; \
	rm -rf out/release && mkdir -p out/release && set -e; for p in $(PLATFORMS); do \
	  os=$${p%/*}; arch=$${p#*/}; end=; [ $$os = windows ] && end=.exe; file=pleth-$(VERSION)-$$os-$$arch$$end; echo "$$file"; \
	  pages=; [ $$p = linux/amd64 ] && pages='$(SMALL_PAGES)'; \
	  GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags "$(LDFLAGS) $$pages" -o out/release/$$file ./cmd/pleth; \
	done; cd out/release && sha256sum pleth-* > SHA256SUMS

lint: ## gofmt, vet (for macOS and Windows too), staticcheck
	@out="$$(gofmt -l $$(git ls-files '*.go'))"; if [ -n "$$out" ]; then echo "not gofmt'ed:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	$(GO) tool staticcheck ./...

PROMTOOL := .cache/prometheus/usr/bin/promtool

# The servers that tests run by themselves, in temporary folders.
CLIENTS = .cache/clients
TELEGRAF = v1.36.4
services: ## PostgreSQL, MariaDB, promtool and clients for the tests; on Debian they are fetched, telegraf is built
	@if { ! ls /usr/lib/postgresql/*/bin/initdb || ! ls /usr/sbin/mariadbd; } >/dev/null 2>&1; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "installing the packages postgresql and mariadb-server"; \
	    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql mariadb-server; } >/dev/null 2>&1 || true; fi; fi; \
	if { ! ls /usr/lib/postgresql/*/bin/initdb || ! ls /usr/sbin/mariadbd; } >/dev/null 2>&1; then echo "TESTS ON POSTGRESQL AND MARIADB ARE SKIPPED: install the packages postgresql and mariadb-server"; fi
	@if ! { command -v promtool || ls $(PROMTOOL); } >/dev/null 2>&1 && command -v apt-get >/dev/null; then echo "fetching promtool from the package prometheus into .cache"; \
	  mkdir -p .cache/prometheus; { ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1 || apt-get update -qq; (cd .cache/prometheus && apt-get download -qq prometheus && dpkg -x prometheus_*.deb . && rm -f prometheus_*.deb); } >/dev/null 2>&1 || true; fi; \
	if ! { command -v promtool || ls $(PROMTOOL); } >/dev/null 2>&1; then echo "THE ALERT RULES ARE NOT CHECKED: install promtool, of the package prometheus"; fi
	@if ! { { command -v mosquitto_pub && command -v influx; } || ls $(CLIENTS)/usr/bin/mosquitto_pub $(CLIENTS)/usr/bin/influx; } >/dev/null 2>&1 && command -v apt-get >/dev/null; then echo "fetching mosquitto_pub and influx into $(CLIENTS)"; \
	  mkdir -p $(CLIENTS); { ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1 || apt-get update -qq; (cd $(CLIENTS) && apt-get download -qq mosquitto-clients libmosquitto1 libcjson1 influxdb-client && for p in *.deb; do dpkg -x $$p .; done; rm -f *.deb); } >/dev/null 2>&1 || true; fi
	@if ! { command -v telegraf || ls $(CLIENTS)/usr/bin/telegraf; } >/dev/null 2>&1; then echo "building telegraf $(TELEGRAF) with what the tests need of it into $(CLIENTS), a minute or two, once"; \
	  at=$$PWD && dir=$$(mktemp -d) && { cd $$dir && timeout 120 $(GO) mod download -json github.com/influxdata/telegraf@$(TELEGRAF) >mod.json && from=$$(sed -n 's/^\t"Dir": "\(.*\)",$$/\1/p' mod.json) && cp -r "$$from" src && chmod -R u+w src && cd src && \
	  GOFLAGS=-mod=mod timeout 600 nice $(GO) build -trimpath -ldflags '-s -w' -tags custom,inputs.file,outputs.influxdb,outputs.influxdb_v2,parsers.influx -o telegraf ./cmd/telegraf && mkdir -p $$at/$(CLIENTS)/usr/bin && mv telegraf $$at/$(CLIENTS)/usr/bin/; } >/dev/null 2>&1 || true; \
	  chmod -R u+w $$dir; rm -rf $$dir; fi
	@for c in mosquitto_pub influx telegraf curl; do { command -v $$c || ls $(CLIENTS)/usr/bin/$$c; } >/dev/null 2>&1 || echo "THE CLIENT $$c IS NOT TESTED: it is not installed"; done

test: test-pages e2e services ## every test, with the race detector and in a browser
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

bench: ## every benchmark; results and how to read them: docs/performance.md
	$(GO) test -run xxx -bench . -benchtime 1s ./...

BENCHSERVE ?=
bench-serve: build ## pleth serve against its figures and its peers, about 40 minutes (BENCHSERVE='-only json -runs 3' for less); results: docs/performance.md
	$(GO) run ./bench/serve -bin bin/pleth $(BENCHSERVE)

BENCHWEB ?=
bench-web: build ## the pages in Chromium against their figures, about 10 minutes (BENCHWEB=ward for less, RUNS, MINUTES=30 for the heap); results: docs/performance.md
	node web/bench/run.mjs $(BENCHWEB)

KILLS ?= 1000
CUTS ?= 200
crash: ## kill -9 under load a thousand times (KILLS=50 for less), 200 power cuts of the storage (CUTS), every file operation fails; about 25 minutes
	PLETH_CRASH=$(KILLS) $(GO) test -count=1 -v -timeout 120m ./internal/crash
	PLETH_CRASH=$(CUTS) $(GO) test -count=1 -v -timeout 60m -run 'TestPowerCuts|TestEveryOperation' ./internal/fsck

DAYS ?= 1000
campaign: ## 1,000 simulated days of four shop systems with faults of every class: none missed, none invented (DAYS=200 for less)
	PLETH_CAMPAIGN=$(DAYS) $(GO) test -count=1 -v -timeout 120m -run 'TestCampaign|TestPlanted' ./internal/reconcile/desk

RELADIFF ?= $(shell command -v reladiff)
bench-reconcile: services ## two systems of 1 M and 10 M rows, against reladiff where it is installed (RELADIFF=path), and 200 integrations with a year of history; about 25 minutes
	PLETH_BENCH=1 RELADIFF=$(RELADIFF) $(GO) test -count=1 -v -timeout 120m ./bench/reconcile
	PLETH_BENCH=1 $(GO) test -count=1 -v -timeout 60m -run TestYear ./internal/reconcile/desk

rules: services ## the alert rules and the real /metrics against Prometheus' own checker
	$(GO) test -count=1 -v -run TestMetrics ./internal/app

FUZZTIME ?= 30s
fuzz: ## every fuzz target, 30 s each (FUZZTIME=5m for longer)
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9]+' $$($(GO) list -f '{{range .TestGoFiles}}{{$$.Dir}}/{{.}} {{end}}{{range .XTestGoFiles}}{{$$.Dir}}/{{.}} {{end}}' $$pkg) /dev/null | sed 's/^func //'); do \
	    echo "== $$pkg $$f"; $(GO) test -run xxx -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; done

big: ## an Apple Health export of 2 GB, read and analysed in 100 MB of memory (two minutes)
	PLETH_BIG=1 $(GO) test -count=1 -v -run TestMemory ./internal/device/applehealth ./cmd/pleth

validate: ## events found against planted ones, the full campaign (about 3 minutes)
	$(GO) test ./internal/validation -nights 1000 -timeout 60m

clean: stop ## remove what was built
	rm -rf bin out web/static/dist web/node_modules
