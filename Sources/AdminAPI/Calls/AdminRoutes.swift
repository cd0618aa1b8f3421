import Hummingbird
import Prometheus

/// What the admin listener answers.
struct AdminRoutes: Sendable {
    /// How long the values of a scrape may take to be gathered; Prometheus itself waits 10 s.
    static let gatherTimeout = Duration.seconds(5)
    /// How long any answer may take, the request's body included.
    static let answerTimeout = Duration.seconds(20)

    /// The span of a call, for those of what it asks for; as long as the answer is written.
    private static let tracing = TracingMiddleware<AdminContext>()

    let registry: PrometheusCollectorRegistry
    private let probes: [ReadinessProbe]
    /// Of the admin API; nil: there is none.
    private let services: AdminServices?
    private let guards: AdminGuard?

    init(registry: PrometheusCollectorRegistry, checks: [ReadinessCheck], services: AdminServices? = nil) {
        self.registry = registry
        probes = checks.map(ReadinessProbe.init)
        self.services = services
        guards = services.map { AdminGuard($0.keys, logger: $0.logger) }
    }

    func router() -> Router<AdminContext> {
        let calls =
            probeCalls + DashboardFiles.calls
            + (services.map { AdminCalls(services: $0, readiness: readiness).all } ?? [])
        let router = Router(context: AdminContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: Problems(calls: calls))
        for call in calls {
            router.on(RouterPath(call.path), method: call.method) { request, context in
                let admitted: AdminRequest
                do throws(Problem) {
                    admitted = try admit(call, request, context)
                } catch {
                    return error.response
                }
                // Whoever has no key has no say in what is recorded, and probes come every few seconds.
                guard call.role != nil else { return await answer(call, admitted) }
                return try await Self.tracing.handle(request, context: context) { _, _ in await answer(call, admitted) }
            }
        }
        return router
    }

    private func admit(
        _ call: AdminCall, _ request: Request, _ context: AdminContext
    ) throws(Problem) -> AdminRequest {
        var caller: AdminCaller?
        if let role = call.role, let guards { caller = try guards.caller(of: request, needing: role) }
        return AdminRequest(head: request, context: context, caller: caller)
    }

    private func answer(_ call: AdminCall, _ request: AdminRequest) async -> Response {
        let answer = await value(within: Self.answerTimeout) {
            do throws(Problem) {
                return try await call.answer(request)
            } catch {
                return error.response
            }
        }
        return answer
            ?? Problem(
                .serviceUnavailable, "There was no answer within \(Self.answerTimeout); it may be done all the same.",
                fields: [.retryAfter: "15"]
            ).response
    }

    /// For programs that watch the process; open to all.
    private var probeCalls: [AdminCall] {
        [
            AdminCall(.get, "/metrics") { _ in await metrics() },
            AdminCall(.get, "/healthz") { _ in
                .fresh(body: Array("ok\n".utf8), contentType: "text/plain; charset=utf-8")
            },
            AdminCall(.get, "/readyz") { request in
                let readiness = await readiness().without(request.parameters("exclude"))
                return .json(readiness, status: readiness.ready ? .ok : .serviceUnavailable)
            },
        ]
    }

    private func metrics() async -> Response {
        guard let text = await value(within: Self.gatherTimeout, of: { [registry] in await registry.gather() }) else {
            return Problem(.serviceUnavailable, "The metrics could not be gathered within \(Self.gatherTimeout).")
                .response
        }
        return .fresh(body: text, contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    @Sendable private func readiness() async -> Readiness {
        let checks = await withTaskGroup { group in
            for (index, probe) in probes.enumerated() {
                group.addTask { (index, Readiness.Check(probe.check.name, await probe.outcome())) }
            }
            var checks: [(Int, Readiness.Check)] = []
            for await check in group { checks.append(check) }
            return checks.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return Readiness(checks: checks)
    }
}
