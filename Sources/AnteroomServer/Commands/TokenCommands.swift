package import RoomConfiguration
import SessionTokens
package import WaitingRoom

/// What `anteroom token` does.
package enum TokenCommands {
    /// A pass that was made.
    package struct MadePass: Sendable {
        /// The signed pass, or the link that carries it.
        package let text: String
        /// For a person: what it is good for.
        package let description: String
    }

    /// Makes a signed pass for a room.
    /// - Parameters:
    ///   - life: from now on.
    ///   - link: an address of the site that the pass is to be a link to; nil: the pass alone.
    package static func makePass(
        _ configuration: Configuration, room name: String, priority: Int, uses: Int, life: Milliseconds, link: String?
    ) throws -> MadePass {
        guard let room = try CommandRooms.named(name, in: configuration).first else {
            throw Refusal("there are no rooms")
        }
        guard PassClaims.priorities.contains(priority) else { throw Refusal("a priority is from 0 to 1000") }
        guard (1...PassClaims.useLimit).contains(uses) else { throw Refusal("a pass has 1 to 1000000 uses") }
        try KeyCommands.requireKey(configuration.tokens)
        let now = SystemClock.now.milliseconds / 1000
        let keys = try KeyRing.open(configuration.tokens, now: now)
        var generator = SystemRandomNumberGenerator()
        let claims = PassClaims(
            id: PassID(using: &generator), queueID: room, priority: priority, uses: uses, issuedAt: now,
            expiresAt: now + max(1, life.count / 1000))
        let token = try TokenSigner(keys: keys, threads: 1).signNow(claims)
        let text = try link.map { try Self.link($0, with: token) } ?? token
        return MadePass(
            text: text,
            description:
                "pass \(claims.id): room \(room), priority \(priority), \(uses) \(uses == 1 ? "use" : "uses"), "
                + "until \(KeyCommands.time(claims.expiresAt))")
    }

    /// What a token says, whoever has it.
    /// - Throws: why it is none that this gate's keys have signed.
    package static func inspect(_ configuration: Configuration, token: String) throws -> [String] {
        try KeyCommands.requireKey(configuration.tokens)
        let now = SystemClock.now.milliseconds / 1000
        let verifier = try TokenVerifier(keys: try KeyRing.open(configuration.tokens, now: now))
        do throws(TokenError) {
            let report = try verifier.report(on: Array(token.utf8).span, now: now)
            guard let end = report.expiresAt else { return [report.type, report.claims] }
            let state = now < end ? "good until" : "over since"
            return ["\(report.type), \(state) \(KeyCommands.time(end))", report.claims]
        } catch {
            throw Refusal(error.reason)
        }
    }

    private static func link(_ address: String, with token: String) throws -> String {
        let start = address.prefix(8).lowercased()
        guard start == "https://" || start.hasPrefix("http://"),
            address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") })
        else { throw Refusal("\(address) is no link; write one such as https://www.example.com/tickets") }
        let fragment = address.firstIndex(of: "#") ?? address.endIndex
        let page = address[..<fragment]
        let separator = page.contains("?") ? "&" : "?"
        return "\(page)\(separator)anteroom_pass=\(token)\(address[fragment...])"
    }
}

extension TokenError {
    /// For a person.
    fileprivate var reason: String {
        switch self {
        case .malformed: "this is no token of a gate"
        case .wrongKind: "this is a token of another kind than a gate's"
        case .wrongAlgorithm: "the token is signed with another algorithm than tokens.algorithm"
        case .unknownKey: "the token is signed with a key that this gate does not know (any more)"
        case .badSignature: "the token's signature is wrong"
        case .expired: "the token is over"
        case .notYet: "the token was issued in the future: compare the clocks"
        }
    }
}
