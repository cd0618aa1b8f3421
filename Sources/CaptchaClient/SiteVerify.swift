package import AbuseGuard
import AsyncHTTPClient
package import Logging
package import NIOCore
import NIOHTTP1
package import RoomConfiguration
import Synchronization

/// `siteverify`, the call by which Turnstile, hCaptcha and reCAPTCHA say whether an answer is good: a form with the secret
/// and the answer, and JSON with `success` and `error-codes` back. The visitor's address is not passed on.
package final class SiteVerify: CaptchaVerifier {
    private struct State {
        /// Made with the first question: most gates never have one.
        var client: HTTPClient?
        var running = 0
        var isClosed = false
        /// When the log last told of trouble.
        var toldAt: ContinuousClock.Instant?
    }

    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())
    /// Questions at a time, and how long each may take.
    private static let limit = 64
    private static let timeout = TimeAmount.seconds(5)
    private static let answerLimit = 64 * 1024

    package init(group: any EventLoopGroup, logger: Logger) {
        self.group = group
        self.logger = logger
    }

    package func verify(_ answer: String, by service: CaptchaService) async -> CaptchaVerdict {
        guard let client = begin() else { return .busy }
        defer { state.withLock { $0.running -= 1 } }
        let reply: SiteVerifyReply
        do {
            var request = HTTPClientRequest(url: service.verifyURL)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.headers.add(name: "Accept", value: "application/json")
            request.body = .bytes(
                ByteBuffer(string: FormText.encode([("secret", service.secret.text), ("response", answer)])))
            let response = try await client.execute(request, timeout: Self.timeout)
            guard response.status == .ok else {
                return trouble("status \(response.status.code)", of: service)
            }
            let body = try await response.body.collect(upTo: Self.answerLimit)
            reply = try SiteVerifyReply(body)
        } catch {
            return trouble("\(error)", of: service)
        }
        if let flaw = reply.flawOfOurs { return trouble(flaw, of: service) }
        return reply.success ? .good : .bad
    }

    /// Lets go of the connections; whoever asks from now on is told that it is busy.
    package func close() async {
        let client = state.withLock { state in
            state.isClosed = true
            defer { state.client = nil }
            return state.client
        }
        try? await client?.shutdown()
    }

    /// Nil if there are too many already.
    private func begin() -> HTTPClient? {
        state.withLock { state in
            guard !state.isClosed, state.running < Self.limit else { return nil }
            state.running += 1
            if let client = state.client { return client }
            var configuration = HTTPClient.Configuration(
                redirectConfiguration: .disallow,
                timeout: .init(connect: .seconds(3), read: Self.timeout))
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.limit
            let client = HTTPClient(eventLoopGroup: group, configuration: configuration)
            state.client = client
            return client
        }
    }

    /// Told at most once in ten seconds; the metric counts all.
    private func trouble(_ reason: String, of service: CaptchaService) -> CaptchaVerdict {
        let tells = state.withLock { state in
            let now = ContinuousClock.now
            if let toldAt = state.toldAt, now - toldAt < .seconds(10) { return false }
            state.toldAt = now
            return true
        }
        if tells {
            logger.warning(
                "Answers to challenges cannot be judged",
                metadata: ["provider": "\(service.kind.rawValue)", "reason": "\(reason)"])
        }
        return .unknown(reason)
    }
}
