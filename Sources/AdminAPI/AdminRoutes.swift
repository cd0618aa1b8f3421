import Hummingbird
import Prometheus

/// What the admin listener answers.
struct AdminRoutes: Sendable {
    /// How long the values of a scrape may take to be gathered; Prometheus itself waits 10 s.
    static let gatherTimeout = Duration.seconds(5)

    let registry: PrometheusCollectorRegistry
    private let probes: [ReadinessProbe]

    init(registry: PrometheusCollectorRegistry, checks: [ReadinessCheck]) {
        self.registry = registry
        probes = checks.map(ReadinessProbe.init)
    }

    func router() -> Router<BasicRequestContext> {
        let routes: [(path: String, answer: @Sendable () async -> Response)] = [
            ("/metrics", { await metrics() }), ("/healthz", { health() }), ("/readyz", { await readiness() }),
        ]
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: Problems(paths: routes.map(\.path)))
        for route in routes {
            router.get(RouterPath(route.path)) { _, _ in await route.answer() }
        }
        return router
    }

    private func metrics() async -> Response {
        guard let text = await value(within: Self.gatherTimeout, of: { [registry] in await registry.gather() }) else {
            return Problem(.serviceUnavailable, "The metrics could not be gathered within \(Self.gatherTimeout).")
                .response
        }
        return .fresh(body: text, contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func health() -> Response { .fresh(body: Array("ok\n".utf8), contentType: "text/plain; charset=utf-8") }

    private func readiness() async -> Response {
        let checks = await withTaskGroup { group in
            for (index, probe) in probes.enumerated() {
                group.addTask { (index, Readiness.Check(probe.check.name, await probe.outcome())) }
            }
            var checks: [(Int, Readiness.Check)] = []
            for await check in group { checks.append(check) }
            return checks.sorted { $0.0 < $1.0 }.map(\.1)
        }
        let readiness = Readiness(checks: checks)
        return .json(readiness, status: readiness.ready ? .ok : .serviceUnavailable)
    }
}

/// The body of `/readyz`.
struct Readiness: Encodable {
    struct Check: Encodable {
        let name: String
        let ok: Bool
        /// Absent if it is ok.
        let reason: String?

        init(_ name: String, _ outcome: ReadinessCheck.Outcome) {
            self.name = name
            switch outcome {
            case .ok: (ok, reason) = (true, nil)
            case .failed(let text): (ok, reason) = (false, text)
            }
        }
    }

    let ready: Bool
    let checks: [Check]

    init(checks: [Check]) {
        ready = checks.allSatisfy(\.ok)
        self.checks = checks
    }
}
