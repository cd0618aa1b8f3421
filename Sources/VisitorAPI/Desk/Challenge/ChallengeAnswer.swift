import AbuseGuard

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What comes back for a challenge: the challenge itself and, by its provider, the numbers that solve it or the widget's
/// answer.
struct ChallengeAnswer {
    var challenge: String
    var solution: String
    /// The page found that a program runs the browser.
    var isAutomated = false

    /// The longest solution: a widget's answer has some 2 KiB.
    static let longestSolution = 4096

    private struct JSON: Decodable {
        var challenge: String
        var solution: String
        var automated: Bool?
    }

    /// The value of `X-Anteroom-Challenge`: challenge, semicolon, solution.
    init?(field: String) {
        guard let end = field.firstIndex(of: ";") else { return nil }
        challenge = String(field[..<end])
        solution = String(field[field.index(after: end)...].drop { $0 == " " })
        guard solution.utf8.count <= Self.longestSolution else { return nil }
    }

    /// The body of `POST challenge`.
    init?(body: [UInt8]) {
        guard let json = try? JSONDecoder().decode(JSON.self, from: Data(body)),
            json.solution.utf8.count <= Self.longestSolution
        else { return nil }
        challenge = json.challenge
        solution = json.solution
        isAutomated = json.automated ?? false
    }
}
