import EdgeProxy
import NIOCore
import OTLPTracing
import SessionTokens
import VisitorAPI

/// One event loop and what lives on it.
struct LoopHandle: Sendable {
    let eventLoop: any EventLoop
    let gate: NIOLoopBound<GateLoop>
    let activity: NIOLoopBound<LoopActivity>
    let desk: VisitorDesk

    /// Makes a loop's state on that loop and starts its sweeps.
    static func make(
        on eventLoop: any EventLoop, services: VisitorServices, routing: RoutingTable, accessLog: AccessLogWriter,
        ledger: ConnectionLedger, notices: OriginNotices, tracer: OTLPTracer
    ) async throws -> LoopHandle {
        try await eventLoop.submit {
            let tokens = NIOLoopBound(try LoopTokens(services: services, loop: eventLoop), eventLoop: eventLoop)
            services.onMove { position, binding in
                eventLoop.execute { tokens.value.move(position, to: binding) }
            }
            let activity = NIOLoopBound(LoopActivity(), eventLoop: eventLoop)
            let live = NIOLoopBound(LiveBoard(), eventLoop: eventLoop)
            let desk = VisitorDesk(services: services, loop: eventLoop, tokens: tokens, activity: activity, live: live)
            let gate = GateLoop(
                loop: eventLoop, routing: routing, desk: desk, tokens: tokens.value, activity: activity.value,
                accessLog: accessLog, ledger: ledger, tracer: LoopTracer(tracer.queue), endpointChanged: notices.tell)
            gate.start()
            return LoopHandle(
                eventLoop: eventLoop, gate: NIOLoopBound(gate, eventLoop: eventLoop), activity: activity, desk: desk)
        }.get()
    }
}
