#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One CloudEvent of a room's record, as a line.
package struct EventLine: Sendable {
    private struct Event: Decodable {
        var type: String
        var time: String?
        var subject: String?
        var data: [String: JSONValue]?
    }

    private let event: Event

    /// Nil if the text is no CloudEvent.
    package init?(_ text: String) {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(text.utf8)) else { return nil }
        self.event = event
    }

    /// - `width`: of the terminal; nil: no limit.
    package func text(width: Int?, _ paint: Paint) -> String {
        let data = event.data ?? [:]
        let room = data["queue_id"].map(\.words) ?? "-"
        let subject = event.subject.map(\.printable)
        let details = data.filter { name, value in name != "queue_id" && value.words != subject }
            .sorted { $0.key < $1.key }.map { "\($0.key.printable)=\($0.value.words)" }
        let start = "\(event.time.map { Words.clock($0) } ?? "--:--:--")  \(room)  "
        let kind = event.type.printable
        let rest = ([subject].compactMap(\.self) + details).map { "  \($0)" }.joined()
        let space = width.map { max(0, $0 - start.columns - kind.columns) }
        return start + paint(kind, Self.style(of: kind)) + paint(space.map { rest.cut(to: $0) } ?? rest, .faint)
    }

    private static func style(of kind: String) -> Style {
        switch kind {
        case "position.admitted", "session.started", "session.completed": .good
        case "position.expired", "position.left", "session.expired": .warning
        case "position.terminated", "session.terminated": .bad
        case _ where kind.hasPrefix("room.") || kind.hasPrefix("admission."): .strong
        default: .plain
        }
    }
}
