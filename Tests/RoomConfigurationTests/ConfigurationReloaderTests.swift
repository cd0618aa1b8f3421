import Logging
import RoomConfiguration
import Synchronization
import Testing
import WaitingRoom

@Suite("Reloading")
struct ConfigurationReloaderTests {
    /// What a reloader did.
    private final class Record: Sendable {
        struct Refusal: Error {}

        private let state = Mutex((applied: [Configuration](), outcomes: [Bool](), refuses: false))

        /// `max_active_users` of the first room of each configuration applied.
        var slots: [Int] { state.withLock { $0.applied.compactMap { $0.rooms.first?.settings.maxActiveUsers } } }
        var templates: [String?] { state.withLock { $0.applied.map { $0.rooms.first?.template?.source } } }
        var outcomes: [Bool] { state.withLock { $0.outcomes } }

        func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

        func apply(_ configuration: Configuration) throws {
            try state.withLock { state in
                if state.refuses { throw Refusal() }
                state.applied.append(configuration)
            }
        }

        func report(_ outcome: Bool) { state.withLock { $0.outcomes.append(outcome) } }
    }

    private let files: TestFiles
    private let record = Record()
    private let log = LogLines()
    private let reloader: ConfigurationReloader

    /// Begins with five slots, the files read once.
    init() async throws {
        files = TestFiles(["a.yml": room("max_active_users: 5", "template: t.html"), "t.html": "old"])
        let loader = ConfigurationLoader(files: files.access)
        let initial = try loader.load(path: "a.yml", environment: [:])
        reloader = ConfigurationReloader(
            path: "a.yml", environment: [:], initial: initial, loader: loader,
            logger: Logger(label: "test") { [log] _ in log },
            apply: { [record] configuration in try record.apply(configuration) },
            reportOutcome: { [record] outcome in record.report(outcome == .inForce) })
        await reloader.poll()
        await reloader.poll()
        #expect(record.outcomes == [true])
        #expect(record.slots == [])
    }

    private func write(slots: String) {
        files.write(room("max_active_users: \(slots)", "template: t.html"), to: "a.yml")
    }

    @Test("A change is applied once the file has been the same for one poll")
    func debounce() async {
        write(slots: "6")
        await reloader.poll()
        #expect(record.slots == [])
        write(slots: "7")
        await reloader.poll()
        #expect(record.slots == [])
        await reloader.poll()
        #expect(record.slots == [7])
        await reloader.poll()
        await reloader.poll()
        #expect(record.slots == [7])
        #expect(log.lines.map(\.message) == ["Applied the new configuration"])
    }

    @Test("A file that is written again with the same content applies nothing")
    func sameContent() async {
        write(slots: "5")
        for _ in 0..<3 { await reloader.poll() }
        #expect(record.slots == [])
        #expect(record.outcomes == [true, true])
    }

    @Test("A changed template is a change, also one that a reload has named first")
    func template() async {
        files.write("new", to: "t.html")
        for _ in 0..<2 { await reloader.poll() }
        #expect(record.templates == ["new"])
        files.write("other", to: "u.html")
        files.write(room("template: u.html"), to: "a.yml")
        for _ in 0..<2 { await reloader.poll() }
        files.write("other still", to: "u.html")
        for _ in 0..<2 { await reloader.poll() }
        #expect(record.templates == ["new", "other", "other still"])
    }

    @Test("A mistake keeps the last good configuration and is logged once, with its place")
    func mistake() async {
        write(slots: "none")
        for _ in 0..<4 { await reloader.poll() }
        #expect(record.slots == [])
        #expect(record.outcomes == [true, false])
        let said =
            "a.yml:4:5: rooms[0].max_active_users: \"none\" is not a whole number; write one from 1 to 100000000"
        let line = LogLines.Line(
            level: .error, message: "The configuration has a mistake; the last good one stays in force",
            metadata: ["file": "a.yml", "line": "4", "key": "rooms[0].max_active_users", "problem": said])
        #expect(log.lines == [line])
        // Saved again with the same mistake.
        write(slots: "none")
        for _ in 0..<2 { await reloader.poll() }
        #expect(log.lines == [line])
        // SIGHUP asks for an answer.
        await reloader.reload()
        #expect(log.lines == [line, line])
        write(slots: "8")
        for _ in 0..<2 { await reloader.poll() }
        #expect(record.slots == [8])
        #expect(record.outcomes == [true, false, false, false, true])
    }

    @Test("A file that is gone for longer than a rename takes is a mistake, and nothing changes")
    func missing() async {
        files.remove("a.yml")
        await reloader.poll()
        write(slots: "9")
        for _ in 0..<2 { await reloader.poll() }
        #expect(record.slots == [9])
        #expect(record.outcomes == [true, true])
        files.remove("a.yml")
        for _ in 0..<3 { await reloader.poll() }
        #expect(record.slots == [9])
        #expect(record.outcomes == [true, true, false])
    }

    @Test("A reload that was asked for does not wait for a second poll")
    func reload() async {
        write(slots: "6")
        await reloader.reload()
        #expect(record.slots == [6])
        for _ in 0..<2 { await reloader.poll() }
        #expect(record.slots == [6])
    }

    @Test("A configuration that cannot be applied is tried again when asked, and the old one stays until then")
    func refusal() async {
        record.refuse(true)
        write(slots: "6")
        for _ in 0..<3 { await reloader.poll() }
        #expect(record.outcomes == [true, false])
        record.refuse(false)
        await reloader.reload()
        #expect(record.slots == [6])
        #expect(record.outcomes == [true, false, true])
    }

    @Test("Changes that need a restart are named once, and the others are applied")
    func restart() async throws {
        let gate = "gate: { workers: 2, listen: \"127.0.0.1:1\" }\nstore: { data_directory: d }\n"
        files.write(gate + room("max_active_users: 6"), to: "a.yml")
        for _ in 0..<2 { await reloader.poll() }
        files.write(gate + room("max_active_users: 7"), to: "a.yml")
        for _ in 0..<2 { await reloader.poll() }
        #expect(record.slots == [6, 7])
        let warnings = log.lines.filter { $0.level == .warning }
        #expect(warnings.map(\.metadata["keys"]) == ["gate.listen, gate.workers, store.data_directory"])
    }

    @Test("Every setting that needs a restart is named, and no other")
    func restartKeys() throws {
        let old = try load(room()).get()
        let changed = """
            gate: { listen: "127.0.0.1:1", workers: 1, access_log: off, limits: { fields: 20 } }
            admin: { listen: "127.0.0.1:2" }
            store: { data_directory: d }
            tokens: { algorithm: ES256, key_file: k, lifetime: 1m }
            log: { level: debug, format: json }

            """
        #expect(
            try load(changed + room("max_active_users: 1")).get().changesThatNeedRestart(from: old) == [
                "gate.listen", "gate.workers", "admin.listen", "store.data_directory", "tokens.algorithm",
                "tokens.key_file", "log.format",
            ])
        #expect(old.changesThatNeedRestart(from: old) == [])
    }

    @Test("The service polls until it is cancelled")
    func service() async throws {
        let (polls, continuation) = AsyncStream<Void>.makeStream()
        let loader = ConfigurationLoader(files: files.access)
        let service = ConfigurationReloader(
            path: "a.yml", environment: [:], initial: try loader.load(path: "a.yml", environment: [:]), loader: loader,
            sleep: { _ in
                try Task.checkCancellation()
                continuation.yield()
                await Task.yield()
            }, logger: Logger(label: "test") { [log] _ in log },
            apply: { [record] configuration in try record.apply(configuration) }, reportOutcome: { _ in })
        write(slots: "11")
        let run = Task { await service.run() }
        var seen = 0
        for await _ in polls {
            seen += 1
            if !record.slots.isEmpty { break }
        }
        run.cancel()
        await run.value
        #expect(seen >= 2)
        #expect(record.slots == [11])
    }
}
