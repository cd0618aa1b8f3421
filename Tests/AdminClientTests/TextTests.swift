import Foundation
import Testing
import WaitingRoom

@testable import AdminClient

@Suite("What a terminal shows")
struct TextTests {
    let plain = Paint(isOn: false)

    var rooms: [RoomReport] {
        get throws {
            [
                try .sample("concert-tickets") { room in
                    room.waiting = 41_230
                    room.admitted = 120
                    room.activeSessions = 380
                    room.estimatedWait = 4123.2
                },
                try .paused("museum"),
                try .sample("a-room-with-a-name-that-is-longer-than-all-others") { room in
                    room.phase = "pre_queue"
                    room.rate = "500/min"
                },
            ]
        }
    }

    @Test("The list is aligned, numbers to the right, and marks what an operator has set")
    func list() throws {
        #expect(
            RoomTable(try Array(rooms.prefix(2))).lines(width: 80, plain) == [
                "ROOM             STATUS   WAITING  IN USE  SLOTS  RATE       WAIT",
                "concert-tickets  active    41,230     500    500  10/s  1 h 9 min",
                "museum           paused*        0       0    500  10/s          -",
                "* set by an operator; anteroom rooms show ROOM says what and by whom",
            ])
    }

    @Test("No line is longer than the terminal is wide, and the numbers stay", arguments: 36...100)
    func width(width: Int) throws {
        let lines = RoomTable(try rooms).lines(width: width, plain)
        for line in lines { #expect(line.columns <= width, "\(line)") }
        #expect(lines[1].contains("41,230"))
        if width >= 80 { #expect(lines[3].hasSuffix("500/min          -")) }
    }

    @Test("Without a terminal nothing is cut")
    func file() throws {
        #expect(
            RoomTable(try rooms).lines(width: nil, plain)[3].hasPrefix(
                "a-room-with-a-name-that-is-longer-than-all-others  pre-queue "))
    }

    @Test("A list that is longer than the terminal is high says how many are left out")
    func height() throws {
        #expect(try RoomTable(rooms).lines(width: 80, height: 5, plain).count == 5)
        #expect(try RoomTable(rooms).lines(width: 80, height: 5, plain)[3] == "and 1 more")
        let board = try RoomBoard(every: 2, showing: rooms)
        #expect(board.lines(width: 80, height: 24, plain)[0] == "20:41:33 UTC, every 2 s: 41,230 waiting, 500 in use")
        #expect(board.lines(width: 80, height: 6, plain).count == 5)
    }

    @Test("The board says how many are let in, and how the line grows, from the last minute")
    func flow() throws {
        func look(_ second: Int, admitted: Int, waiting: Int) throws -> [RoomReport] {
            [
                try .sample("shop") { room in
                    room.time = "2026-11-21T20:\(second / 60 + 10):\(second % 60 < 10 ? "0" : "")\(second % 60).000Z"
                    room.admittedTotal = admitted
                    room.waiting = waiting
                }
            ]
        }
        var board = try RoomBoard(every: 2, showing: look(0, admitted: 1_000_000, waiting: 100))
        #expect(board.lines(width: 80, height: 24, plain)[2].hasSuffix("  -"))
        board.show(try look(30, admitted: 1_000_050, waiting: 40))
        #expect(board.lines(width: 80, height: 24, plain)[2].hasSuffix("  100"))
        #expect(board.lines(width: 80, height: 24, plain)[0].contains("40 waiting (-120 a minute), 0 in use"))
        board.show(try look(90, admitted: 1_000_060, waiting: 50))
        #expect(board.lines(width: 80, height: 24, plain)[2].hasSuffix("  10"))
        board.show(try look(92, admitted: 3, waiting: 50))
        #expect(board.lines(width: 80, height: 24, plain)[2].hasSuffix("  -"))
    }

    @Test("The board goes on with what it knew while the gate does not answer")
    func board() throws {
        var board = try RoomBoard(every: 2, showing: rooms)
        board.miss("no gate answers")
        #expect(board.lines(width: 80, height: 24, plain)[0] == "As of 20:41:33 UTC: no gate answers")
        #expect(board.lines(width: 80, height: 24, plain)[2].hasPrefix("concert-tickets"))
    }

    @Test("Colours are only where they are wanted, and do not count as columns")
    func colours() throws {
        let coloured = RoomTable(try rooms).lines(width: 80, Paint(isOn: true))
        #expect(coloured[1].contains("\u{1b}[32mactive\u{1b}[0m"))
        #expect(!RoomTable(try rooms).lines(width: 80, plain).joined().contains("\u{1b}"))
        let stripped = coloured.map { $0.replacing(/\u{1b}\[[0-9]+m/, with: "") }
        #expect(stripped == RoomTable(try rooms).lines(width: 80, plain))
    }

    @Test("Nothing that a visitor chose commands the terminal")
    func hostile() throws {
        #expect("a\u{1b}[31mb\u{9b}c\u{202e}d\ne".printable == "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}e")
        let position = PositionReport(
            id: "x", room: "shop", status: "active",
            session: SessionReport(id: "y", userAgent: "evil\u{1b}]0;title\u{7}", pageViews: 1))
        #expect(!position.sheet.lines(width: 80, plain).joined().contains("\u{1b}"))
        let line = EventLine(#"{"type":"session.started","data":{"queue_id":"shop","user_agent":"\u001b[2J"}}"#)
        #expect(line?.text(width: nil, plain) == "--:--:--  shop  session.started  user_agent=\u{fffd}[2J")
    }

    @Test("Wide characters take two columns")
    func wide() {
        #expect("東京".columns == 4)
        #expect("東京 room".cut(to: 5) == "東京…")
        #expect("e\u{301}".columns == 1)
    }

    @Test("A sheet says what the file says where an operator has set something else")
    func sheet() throws {
        let lines = try RoomReport.paused("museum").sheet.lines(width: 80, plain)
        #expect(lines.contains("  Status   paused  set by an operator; the file says active"))
        #expect(lines.contains("  Set      by ops at 2026-11-21 20:38:33 UTC, 3 min ago"))
        #expect(lines.allSatisfy { $0.columns <= 80 })
    }

    @Test("A sheet of a narrow terminal is broken between words, and nothing is lost", arguments: 24...80)
    func narrowSheet(width: Int) throws {
        let sheet = try RoomReport.paused("museum").sheet
        let lines = sheet.lines(width: width, plain)
        for line in lines { #expect(line.columns <= width, "\(line)") }
        func letters(_ lines: [String]) -> String { lines.joined().filter { $0 != " " } }
        #expect(letters(lines) == letters(sheet.lines(width: nil, plain)))
    }

    @Test(
        "Spans and counts read as people say them",
        arguments: [
            (0, "0 s"), (59.4, "59 s"), (90, "2 min"), (4123, "1 h 9 min"), (7200, "2 h"), (86_400, "1 d"),
            (97_000, "1 d 2 h"),
        ])
    func spans(seconds: Double, words: String) { #expect(Words.span(seconds: seconds) == words) }

    @Test("Thousands are set off", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")])
    func counts(number: Int, text: String) { #expect(Words.count(number) == text) }

    @Test("A bar grows to the right and is full only at the end")
    func bar() {
        #expect(
            ProgressLine(done: 18_200, remaining: 22_800, elapsed: 10).bar(width: 60)
                == "[########-----------]   44 %  18,200 of 41,000  13 s left")
        #expect(ProgressLine(done: 40_999, remaining: 1, elapsed: 1).percent == 99)
        #expect(ProgressLine(done: 5, remaining: 0, elapsed: 1).bar(width: 80).contains("100 %"))
        #expect(ProgressLine(done: 0, remaining: 0, elapsed: 0).percent == 100)
        for width in 20...100 {
            #expect(ProgressLine(done: 900_000, remaining: 100_000, elapsed: 60).bar(width: width).columns <= width)
        }
    }

    @Test("The audit is a line for each entry, and where that is too wide the detail stands below, whole")
    func audit() throws {
        let json = """
            {"entries":[{"time":"2026-11-21T20:38:12.000Z","actor":"ops","queue_id":"shop","action":"room.overridden",\
            "detail":"status paused, set in place of what the file says for the time being"},
            {"time":"2026-11-21T20:38:10.000Z","actor":"ops","queue_id":"shop","action":"position.moved","detail":"front"}]}
            """
        let trail = try JSONDecoder().decode(AuditTrail.self, from: Data(json.utf8))
        #expect(
            trail.lines(width: 80, plain) == [
                "TIME (UTC)           WHO  ROOM  WHAT             DETAIL",
                "2026-11-21 20:38:12  ops  shop  room.overridden  ",
                "    status paused, set in place of what the file says for the time being",
                "2026-11-21 20:38:10  ops  shop  position.moved   front",
            ])
        #expect(trail.lines(width: nil, plain).count == 3)
        #expect(trail.lines(width: 60, plain).allSatisfy { $0.columns <= 60 })
    }

    @Test("Where there is no terminal a long work is told in at most twenty-one lines")
    func progressLines() {
        var last: ProgressLine?
        var told = 0
        for step in 1...1000 {
            let progress = ProgressLine(done: step * 1000, remaining: (1000 - step) * 1000, elapsed: 1)
            if progress.isWorthALine(after: last) { told += 1 }
            last = progress
        }
        #expect((20...22).contains(told))
    }

    @Test("An event is a line with its time, room, kind and what is in it")
    func event() {
        let text = """
            {"type":"position.enqueued","subject":"63584aeb","time":"2026-11-21T09:00:01.272Z",\
            "data":{"queue_id":"shop","position_id":"63584aeb","join_sequence":2,"metadata":{"source":"app"}}}
            """
        #expect(
            EventLine(text)?.text(width: nil, plain)
                == "09:00:01  shop  position.enqueued  63584aeb  join_sequence=2  metadata=source app")
        #expect(EventLine(text)?.text(width: 60, plain).columns == 60)
        #expect(EventLine("no event") == nil)
    }
}

extension RoomBoard {
    fileprivate init(every: Int, showing rooms: [RoomReport]) {
        self.init(every: every)
        show(rooms)
    }
}
