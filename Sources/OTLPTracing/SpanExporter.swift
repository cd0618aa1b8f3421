import AsyncHTTPClient
package import Logging
package import NIOCore
import NIOHTTP1
import Synchronization

/// Carries spans to the operator's collector by OTLP over HTTP, about once a second. What the collector does not take is
/// dropped: telemetry must never pile up in a gate.
package final class SpanExporter: Sendable {
    private struct State {
        /// Of the collector, `/v1/traces` included; nil: spans are not made.
        var url: String?
        var client: HTTPClient?
        var exported = 0
        var isFailing = false
    }

    private let queue: SpanQueue
    private let state = Mutex(State())
    private let group: any EventLoopGroup
    private let resource: ServiceResource
    private let logger: Logger
    private static let batch = 512
    private static let timeout = TimeAmount.seconds(5)

    package init(_ queue: SpanQueue, of resource: ServiceResource, group: any EventLoopGroup, logger: Logger) {
        self.queue = queue
        self.resource = resource
        self.group = group
        self.logger = logger
    }

    /// - Parameter endpoint: of the collector, without `/v1/traces`; nil: none.
    package func apply(endpoint: String?) { state.withLock { $0.url = endpoint.map { "\($0)/v1/traces" } } }

    package var exported: Int { state.withLock { $0.exported } }

    /// Sends what has gathered.
    package func export() async {
        while true {
            let spans = queue.take(Self.batch)
            guard !spans.isEmpty else { return }
            guard let (url, client) = destination() else { return queue.drop(spans.count) }
            do {
                var request = HTTPClientRequest(url: url)
                request.method = .POST
                request.headers.add(name: "Content-Type", value: "application/json")
                request.body = .bytes(ByteBuffer(bytes: OTLPText.body(spans, resource)))
                let response = try await client.execute(request, timeout: Self.timeout)
                _ = try await response.body.collect(upTo: 64 * 1024)
                guard (200..<300).contains(response.status.code) else { throw Refused(status: response.status.code) }
                state.withLock { $0.exported += spans.count }
                tell(nil)
            } catch {
                queue.drop(spans.count)
                tell("\(error)")
                // The rest would wait for the same.
                return
            }
        }
    }

    package func close() async {
        let client = state.withLock { state in
            state.url = nil
            defer { state.client = nil }
            return state.client
        }
        try? await client?.shutdown()
    }

    private struct Refused: Error, CustomStringConvertible {
        var status: UInt
        var description: String { "status \(status)" }
    }

    private func destination() -> (String, HTTPClient)? {
        state.withLock { state in
            guard let url = state.url else { return nil }
            if let client = state.client { return (url, client) }
            var configuration = HTTPClient.Configuration(
                redirectConfiguration: .disallow, timeout: .init(connect: .seconds(3), read: Self.timeout))
            // To tell of spans makes none.
            configuration.tracing.tracer = nil
            let client = HTTPClient(eventLoopGroup: group, configuration: configuration)
            state.client = client
            return (url, client)
        }
    }

    /// Trouble, and its end, are told once each.
    private func tell(_ trouble: String?) {
        let isNews = state.withLock { state in
            defer { state.isFailing = trouble != nil }
            return state.isFailing != (trouble != nil)
        }
        guard isNews else { return }
        if let trouble {
            logger.warning("Spans do not reach the collector; they are dropped", metadata: ["error": "\(trouble)"])
        } else {
            logger.notice("Spans reach the collector again")
        }
    }
}
