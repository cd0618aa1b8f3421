import AbuseGuard
import QueueStore
import RoomConfiguration
import WaitingRoom

/// The problem JSON of somebody who has to solve a challenge first (docs/API.md).
struct ChallengeProblem {
    /// RFC 9457 §3.1.1: what a client can tell it by.
    static let type = "urn:anteroom:challenge"
    static let field = "X-Anteroom-Challenge"

    var challenge: Challenge
    var text: String
    var provider: ChallengeProvider
    var reasons: [String]

    var json: JSONText {
        var json = JSONText()
        json.object {
            $0.member("type", Self.type)
            $0.member("title", "Forbidden")
            $0.member("status", 403)
            $0.member(
                "detail",
                challenge.purpose == .join
                    ? "Solve the challenge; then repeat the request with \(Self.field), or post the answer to challenge."
                    : "Solve the challenge and post the answer to challenge; the place is kept until then.")
            $0.member("reasons", strings: reasons)
            $0.member("challenge", object: writeChallenge)
        }
        return json
    }

    private func writeChallenge(_ json: inout JSONText) {
        json.member("provider", provider.name)
        json.member("challenge", text)
        if let work = challenge.work {
            json.member("algorithm", "SHA-256")
            json.member("bits", work.bits)
            json.member("pieces", work.pieces)
        }
        if case .captcha(let service) = provider { json.member("site_key", service.siteKey) }
        json.member("expires_at", Timestamp(milliseconds: challenge.expiresAt))
    }
}
