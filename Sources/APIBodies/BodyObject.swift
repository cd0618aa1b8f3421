#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The members of a small JSON object, of which every name is known and null is a value of its own.
package struct BodyObject {
    private enum Value: Decodable {
        case null, text(String), number(Double), other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .other
            }
        }
    }

    private let values: [String: Value]

    /// - `names`: of the members that may be there; another is a mistake.
    /// - `remedy`: what a whole body should be.
    package init(_ bytes: [UInt8], names: [String], remedy: String) throws(BodyMistake) {
        values = try BodyDecoding.object([String: Value].self, in: bytes, remedy: { _ in remedy }) ?? [:]
        for name in values.keys.sorted() where !names.contains(name) {
            throw BodyMistake(
                at: [name], "\(BodyDecoding.shown(name)) is not known here", "known: \(names.joined(separator: ", "))")
        }
    }

    package var isEmpty: Bool { values.isEmpty }

    /// Whether the member is there, null or not.
    package func contains(_ name: String) -> Bool { values[name] != nil }

    /// A text; nil where the member is null or not there.
    package func text(_ name: String, remedy: String) throws(BodyMistake) -> String? {
        switch values[name] {
        case .text(let text): return text
        case .null, nil: return nil
        case .number, .other: throw mistake(name, remedy)
        }
    }

    /// A whole number within a range; nil where the member is null or not there.
    package func number(_ name: String, in range: ClosedRange<Int>, remedy: String) throws(BodyMistake) -> Int? {
        switch values[name] {
        case .number(let number):
            guard let whole = Int(exactly: number) else {
                throw BodyMistake(at: [name], "\(name) is no whole number", remedy)
            }
            guard range.contains(whole) else { throw BodyMistake(at: [name], "\(name) is \(whole)", remedy) }
            return whole
        case .null, nil: return nil
        case .text, .other: throw mistake(name, remedy)
        }
    }

    private func mistake(_ name: String, _ remedy: String) -> BodyMistake {
        BodyMistake(at: [name], "\(name) has a value of the wrong kind", remedy)
    }
}
