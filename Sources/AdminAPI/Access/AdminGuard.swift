import Hummingbird
import Logging
import RoomConfiguration
import Synchronization

/// Lets a call through that brings a key with the right role: `Authorization: Bearer <key>` (RFC 6750 §2.1).
final class AdminGuard: Sendable {
    /// How many wrong keys in `window` are answered one by one.
    static let wrongKeys = 20
    static let window = Duration.seconds(60)

    private struct Count {
        var start: ContinuousClock.Instant
        var wrong = 0
    }

    private let keys: AdminKeyTable
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let count: Mutex<Count>

    init(
        _ keys: AdminKeyTable, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.keys = keys
        self.logger = logger
        self.now = now
        count = Mutex(Count(start: now()))
    }

    /// Who calls. A good key is never refused for the wrong ones of others.
    func caller(of request: Request, needing role: AdminRole) throws(Problem) -> AdminCaller {
        guard let key = Self.key(of: request) else {
            throw Self.unauthorized("This call needs a key: Authorization: Bearer KEY.")
        }
        guard let caller = keys.caller(presenting: key) else { throw refusal() }
        guard role == .viewer || caller.role == .operator else {
            throw Problem(.forbidden, "The key \(caller.name) is a viewer's; this call needs an operator's.")
        }
        return caller
    }

    private static func key(of request: Request) -> [UInt8]? {
        guard let field = request.headers[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return Array(parts[1].utf8.drop { $0 == 0x20 })
    }

    private static func unauthorized(_ detail: String) -> Problem {
        Problem(.unauthorized, detail, fields: [.wwwAuthenticate: "Bearer"])
    }

    /// Of a wrong key, which is counted.
    private func refusal() -> Problem {
        let now = now()
        let (wrong, rest) = count.withLock { count in
            if now - count.start >= Self.window { count = Count(start: now) }
            count.wrong += 1
            return (count.wrong, Self.window - (now - count.start))
        }
        // The first of a minute, and that there are too many: a log that anybody can fill is no log.
        if wrong == 1 || wrong == Self.wrongKeys + 1 {
            logger.warning("The admin API was called with a wrong key", metadata: ["within_a_minute": "\(wrong)"])
        }
        guard wrong > Self.wrongKeys else { return Self.unauthorized("Nobody has this key.") }
        let seconds = max(1, Int((rest / .seconds(1)).rounded(.up)))
        return Problem(
            .tooManyRequests, "There were too many wrong keys; those that are right go on. Try again in \(seconds) s.",
            fields: [.retryAfter: "\(seconds)"])
    }
}
