import HTTPWire
package import NIOCore
package import RoomConfiguration
import WaitingRoom

/// One check of an endpoint: a GET on a connection of its own, of whose answer only the head is read.
package enum HealthProbe {
    package enum Outcome: Hashable, Sendable, CustomStringConvertible {
        case status(Int)
        /// Why there is none.
        case failed(String)

        package var description: String {
            switch self {
            case .status(let status): "status \(status)"
            case .failed(let reason): reason
            }
        }
    }

    /// Connecting may take the check's time-out, and the answer again.
    package static func run(_ check: HealthCheck, at endpoint: Endpoint, on loop: any EventLoop) async -> Outcome {
        let origin = endpoint.origin
        let outcome = loop.makePromise(of: Outcome.self)
        let request =
            "GET \(check.path) HTTP/1.1\r\nHost: \(origin.authority)\r\nUser-Agent: anteroom-health-check\r\n"
            + "Accept: */*\r\nConnection: close\r\n\r\n"
        // On the loop, so that what TLS says of a failure comes before the end of the connection that follows it.
        loop.execute {
            OriginConnector.connect(
                to: origin, tls: endpoint.tls, on: loop, timeout: check.timeout, handshake: check.timeout
            ) { pipeline in
                try pipeline.addHandler(ProbeHandler(request, .milliseconds(check.timeout.count), outcome))
            }
            // From when it is active on, the connection is the handler's.
            .whenFailure { error in
                outcome.succeed(.failed("\((error as? UpstreamFailure)?.reason ?? "no connection")"))
            }
        }
        return (try? await outcome.futureResult.get()) ?? .failed("no connection")
    }
}

/// Sends the request, and tells the status of the answer or why there is none, once.
private final class ProbeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: String
    private let timeout: TimeAmount
    private var outcome: EventLoopPromise<HealthProbe.Outcome>?
    private var timer: Scheduled<Void>?
    private var received = ByteBuffer()
    private let head = ResponseHead()
    private static let limits = HeadLimits(head: 64 * 1024, fields: 200, startLine: 16 * 1024)

    init(_ request: String, _ timeout: TimeAmount, _ outcome: EventLoopPromise<HealthProbe.Outcome>) {
        self.request = request
        self.timeout = timeout
        self.outcome = outcome
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: timeout) {
            bound.value.handler.end(.failed("no answer in time"), bound.value.context)
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        while outcome != nil {
            let head = head
            switch unsafe received.withUnsafeReadableBytes({ unsafe head.scan($0, limits: Self.limits) }) {
            case .incomplete: return
            case .refused(let refusal): end(.failed("\(refusal.reason)"), context)
            case .complete(let length) where head.status >= 200 || head.status == 101:
                end(.status(head.status), context)
                received.moveReaderIndex(forwardBy: length)
            case .complete(let length): received.moveReaderIndex(forwardBy: length)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failed("the origin closed the connection without an answer"), context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            end(.failed("the origin closed the connection without an answer"), context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failed("\(error)"), context) }

    private func end(_ found: HealthProbe.Outcome, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        outcome?.succeed(found)
        outcome = nil
        context.close(promise: nil)
    }
}
