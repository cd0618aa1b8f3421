/// All rooms, a line each.
package struct RoomTable: Sendable {
    private static let mark = "*"
    private let rooms: [RoomReport]
    private let flows: [String: RoomFlow]?

    package init(_ rooms: [RoomReport]) { self.init(rooms, flows: nil) }

    /// - Parameter flows: of the rooms, by their ids; nil: they are not shown.
    init(_ rooms: [RoomReport], flows: [String: RoomFlow]?) {
        self.rooms = rooms
        self.flows = flows
    }

    /// - `width`: of the terminal; nil: no limit.
    /// - `height`: how many lines there may be; nil: no limit.
    package func lines(width: Int?, height: Int? = nil, _ paint: Paint) -> [String] {
        let isMarked = rooms.contains { $0.overrides != nil }
        // Titles, what is left out, and the mark's meaning.
        let room = height.map { max(1, $0 - 2 - (isMarked ? 1 : 0)) } ?? rooms.count
        let shown = rooms.count > room ? rooms.prefix(room) : rooms[...]
        var columns: [Table.Column] = [
            .init("ROOM", minimum: 12), .init("STATUS"), .init("WAITING", isNumber: true),
            .init("IN USE", isNumber: true, isSpare: true), .init("SLOTS", isNumber: true, isSpare: true),
            .init("RATE", isNumber: true, isSpare: true), .init("WAIT", isNumber: true, isSpare: true),
        ]
        if flows != nil { columns.append(.init("IN/MIN", isNumber: true, isSpare: true)) }
        let table = Table(columns, rows: shown.map(row))
        var lines = table.lines(width: width, paint)
        if shown.count < rooms.count { lines.append(paint("and \(rooms.count - shown.count) more", .faint)) }
        if isMarked {
            let meaning = "\(Self.mark) set by an operator; anteroom rooms show ROOM says what and by whom"
            lines.append(paint(width.map { meaning.cut(to: $0) } ?? meaning, .faint))
        }
        return lines
    }

    private func row(_ room: RoomReport) -> [Table.Cell] {
        func marked(_ text: String, _ isOverridden: Bool) -> String { isOverridden ? text + Self.mark : text }
        var cells = [
            Table.Cell(room.id, .strong),
            Table.Cell(marked(room.condition, room.overrides?.status != nil), room.conditionStyle),
            Table.Cell(Words.count(room.waiting)),
            Table.Cell(Words.count(room.slotsInUse), room.slotsInUse >= room.slots ? .warning : .plain),
            Table.Cell(marked(Words.count(room.slots), room.overrides?.slots != nil)),
            Table.Cell(marked(room.rate, room.overrides?.rate != nil)),
            Table.Cell(room.estimatedWait.map { Words.span(seconds: $0) } ?? "-"),
        ]
        if let flows { cells.append(Table.Cell(flows[room.id]?.admittedPerMinute.map { Words.count($0) } ?? "-")) }
        return cells
    }
}

extension RoomReport {
    /// Its status, or where an active room is not open, why.
    var condition: String {
        if status == "active", let phase, phase != "open" { return phase == "pre_queue" ? "pre-queue" : phase }
        return shadow == true && status == "active" ? "shadow" : status
    }

    var conditionStyle: Style {
        switch condition {
        case "active": .good
        case "maintenance": .bad
        default: .warning
        }
    }
}
