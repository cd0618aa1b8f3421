import APIBodies

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The body of `enqueue`: all members are optional, further ones are ignored, and an empty body is an empty object.
struct EnqueueBody {
    /// Nil: what the pass gives, or 0.
    var priority: Int?
    /// A signed pass.
    var pass: String?
    var userID: String?
    var metadata: [String: String] = [:]

    static let priorities = 0...1000
    /// In bytes.
    static let longestUserID = 256
    static let mostMetadata = 16
    /// In bytes, of a name and of a value.
    static let longestMetadata = 256

    private struct JSON: Decodable {
        /// Any number: the decoder does not say which one is no whole number.
        var priority: Double?
        var pass: String?
        var userID: String?
        var metadata: [String: String]?

        enum CodingKeys: String, CodingKey {
            case priority, pass, metadata
            case userID = "user_id"
        }
    }

    init(_ bytes: [UInt8]) throws(BodyMistake) {
        guard let json = try BodyDecoding.object(JSON.self, in: bytes, remedy: Self.remedy) else { return }
        priority = json.priority.flatMap { Int(exactly: $0) }
        guard (json.priority == nil) == (priority == nil) else {
            throw BodyMistake(at: ["priority"], "priority is no whole number", Self.remedy(["priority"]))
        }
        pass = json.pass
        userID = json.userID
        metadata = json.metadata ?? [:]
        if let priority, !Self.priorities.contains(priority) {
            throw BodyMistake(at: ["priority"], "priority is \(priority)", Self.remedy(["priority"]))
        }
        if let count = userID?.utf8.count, count > Self.longestUserID {
            throw BodyMistake(at: ["user_id"], "user_id has \(count) bytes", Self.remedy(["user_id"]))
        }
        guard metadata.count <= Self.mostMetadata else {
            throw BodyMistake(at: ["metadata"], "metadata has \(metadata.count) members", Self.remedy(["metadata"]))
        }
        for (name, value) in metadata.sorted(by: <) {
            let (part, count) =
                name.utf8.count > Self.longestMetadata ? ("name", name.utf8.count) : ("value", value.utf8.count)
            guard count > Self.longestMetadata else { continue }
            throw BodyMistake(
                at: ["metadata", name], "the \(part) of a member of metadata has \(count) bytes",
                Self.remedy(["metadata", name]))
        }
    }

    /// What would be right at a place.
    private static func remedy(_ path: [String]) -> String {
        switch (path.first, path.count) {
        case ("priority", _): "write a whole number from \(priorities.lowerBound) to \(priorities.upperBound)"
        case ("pass", _): "write the pass as a string"
        case ("user_id", _): "write a string of at most \(longestUserID) bytes"
        case ("metadata", 1): "write an object of at most \(mostMetadata) strings"
        case ("metadata", _): "write a name and a string of at most \(longestMetadata) bytes each"
        default: "send a JSON object with priority, pass, user_id and metadata, each of them optional, or nothing"
        }
    }
}
