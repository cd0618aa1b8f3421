#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// From the bytes of a body to what its JSON says, or to what is wrong with it.
package enum BodyDecoding {
    private static let notJSON = "the body is not JSON (RFC 8259), or has a number that is too large"

    /// Nil for an empty body.
    /// - `remedy`: what would be right at a place, which is given by the names of members.
    package static func object<Object: Decodable>(
        _ type: Object.Type, in bytes: [UInt8], remedy: ([String]) -> String
    ) throws(BodyMistake) -> Object? {
        // White space as RFC 8259 §2 has it.
        guard bytes.contains(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) else { return nil }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw mistake(error, remedy)
        } catch {
            throw BodyMistake(notJSON, remedy([]))
        }
    }

    private static func mistake(_ error: DecodingError, _ remedy: ([String]) -> String) -> BodyMistake {
        let (context, isType) =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
                (context, true)
            case .dataCorrupted(let context): (context, false)
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), false)
            }
        let path = context.codingPath.map(\.stringValue)
        guard let last = path.last else {
            return BodyMistake(isType ? "the body is no JSON object" : notJSON, remedy([]))
        }
        return BodyMistake(at: path, "\(shown(last)) has a value of the wrong kind", remedy(path))
    }

    /// A name that the caller chose, cut short.
    static func shown(_ name: String) -> String { name.count > 32 ? name.prefix(32) + "…" : name }
}
