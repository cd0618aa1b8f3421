import WaitingRoom

/// A room as the commands that lay it down in the store under a new epoch; the layout is that of the scripts.
struct StoredImage {
    private static let recordSize = 60
    private static let digestSize = 10
    private static let pairLimit = 500

    private let keys: RoomKeys
    private let epoch: String
    private(set) var meta: [String] = []
    private var commands: [Command] = []

    private var block = 1
    private var offset = 0
    /// The start of the shuffle window that the last block stands for.
    private var window: Timestamp?
    private var records = ""
    private var addresses: [AddressDigest?] = []
    /// How many places each address holds.
    private var held: [AddressDigest: Int] = [:]
    private var extras: [String] = []
    private var bounds: [String: Int64] = [:]
    private var lanes: [LaneOrder: Int] = [:]
    private var counts: [String: Int] = [:]
    private var bits: [Int: UInt32] = [:]
    private var pointers: [String: [String]] = [:]
    /// The last position of each user, by the hash that it is noted in.
    private var users: [String: [String: String]] = [:]
    private var ended: [(time: Timestamp, id: PositionID)] = []
    private var endedInLine = 0
    private var passes: [String: [String]] = [:]
    private var passCount = 0

    init(of room: Room, epoch: String, generation: String) {
        keys = RoomKeys(room: room.id)
        self.epoch = epoch
        let image = room.image
        let shuffle = image.settings.shuffleWindow.count
        let openWindow: Timestamp? =
            if let draw = image.draw, !draw.isRevealed {
                draw.since
            } else if shuffle > 0 {
                max(image.windowEpoch, Timestamp(milliseconds: image.time.milliseconds / shuffle * shuffle))
            } else {
                nil
            }
        var late: [PositionImage] = []
        room.forEachPositionByJoin { position in
            // Who joins in the open window yet may stand before these.
            if position.position.status == .waiting, let openWindow, position.window >= openWindow {
                late.append(position)
            } else {
                add(position)
            }
        }
        if let openWindow, !late.isEmpty {
            closeBlock()
            window = openWindow
            for position in late { add(position) }
        }
        room.forEachPass { add($0) }
        closeChunk()
        closeBits()
        finishKeys()
        meta =
            Self.meta(of: room, image, generation: generation, epoch: epoch) + [
                "eil", "\(endedInLine)", "held", "\(held.values.reduce(0, +))", "block", "\(block)",
                "boff", "\(offset)",
                "bwin", "\(window?.milliseconds ?? -1)", "bopen", window == nil ? "0" : "1", "first", "1", "passes",
                "\(passCount)",
            ]
    }

    mutating func takeCommands() -> [Command] {
        defer { commands = [] }
        return commands
    }

    private static func meta(of room: Room, _ image: RoomImage, generation: String, epoch: String) -> [String] {
        let numbers: [(String, Int64)] = [
            ("eseq", Int64(image.eventSequence)), ("jseq", Int64(image.joinSequence)), ("now", image.time.milliseconds),
            ("wall", image.time.milliseconds), ("wepoch", image.windowEpoch.milliseconds),
            ("created", image.createdAt.milliseconds), ("updated", image.updatedAt.milliseconds),
            ("fill", image.bucketFill), ("ftime", image.bucketTime.milliseconds), ("waiting", Int64(room.waiting)),
            ("admitted", Int64(room.admitted)), ("active", Int64(room.activeSessions)),
            ("enq", Int64(image.totals.enqueued)), ("adm", Int64(image.totals.admitted)),
            ("aban", Int64(image.totals.abandoned)), ("exp", Int64(image.totals.expired)),
            ("hbs", Int64(image.totals.heartbeats)), ("ret", Int64(image.totals.returned)),
            ("pused", Int64(image.totals.passesUsed)), ("rem", Int64(image.totals.removed)),
        ]
        let draw: [String] =
            image.draw.map { draw in
                [
                    "seed", draw.seed.hex, "dsince", "\(draw.since.milliseconds)", "djoin", "\(draw.lastJoin)",
                    "drawing", draw.isRevealed ? "0" : "1",
                ]
            } ?? []
        let overrides = image.overrides.map { ["over", $0.text] } ?? []
        let adapted = image.adapted.map { ["adapt", $0.text] } ?? []
        return ["gen", generation, "epoch", epoch, "set", image.settings.text] + overrides + adapted + draw
            + numbers.flatMap { [$0.0, "\($0.1)"] } + room.settings.limits.flatMap { [$0.name, $0.value] }
    }

    private func key(_ name: String) -> String { keys.key(name, epoch: epoch) }

    private mutating func add(_ image: PositionImage) {
        if window == nil, offset == RoomKeys.blockSize { closeBlock() }
        let position = image.position
        let isWaiting = position.status == .waiting
        let brought = Particulars(userID: position.userID, metadata: position.metadata)
        let particulars = brought.text
        // Of several that are remembered the one that is held.
        if let name = brought.userKey, let user = position.userID?.word {
            let isHeld = !position.status.isFinal
            if isHeld || users[name]?[user] == nil { users[name, default: [:]][user] = position.id.hex }
        }
        let isMoved = image.isInFront && !position.id.isReturn
        let isKept = isMoved || position.priority != 0 || particulars != Particulars.none || window != nil
        let letter = position.status.letter(afterAdmission: image.admittedAt != nil)
        records += position.id.hex + Self.padded(position.enqueuedAt) + (isMoved ? "2" : isKept ? "1" : "0") + letter
        records += Self.padded(image.since)
        addresses.append(position.addressDigest)
        if isWaiting, let address = position.addressDigest { held[address, default: 0] += 1 }
        let shuffleKey = Self.padded(window == nil ? 0 : image.shuffleKey, radix: 16, count: 16)
        if isKept { extras += ["u\(offset)", "\(position.priority) \(shuffleKey) \(particulars)"] }
        if let session = image.session {
            extras += [
                "s\(offset)", "\(session.lastSeen.milliseconds) \(session.pageViews) \(session.client.text)",
            ]
        }
        if let admittedAt = image.admittedAt { extras += ["a\(offset)", Self.padded(admittedAt)] }

        let digit = window == nil ? "" : ".\(shuffleKey.prefix(1))"
        pointers[RoomKeys.shard(of: position.id), default: []] += [
            Self.field(of: position.id), "\(block).\(offset).\(position.sequence)\(digit)",
        ]
        if isWaiting {
            line(LaneOrder(priority: position.priority, isInFront: image.isInFront), position.priority, shuffleKey)
        }
        note(image)
        offset += 1
        if offset % RoomKeys.chunkSize == 0 { closeChunk() }
    }

    private mutating func add(_ pass: PassImage) {
        passCount += 1
        passes[RoomKeys.passes(with: pass.id), default: []] += [
            pass.id.hex, "\(pass.used) \(pass.expiresAt.milliseconds)",
        ]
    }

    private mutating func line(_ order: LaneOrder, _ priority: Int, _ shuffleKey: String) {
        let lane = lanes[order] ?? lanes.count
        lanes[order] = lane
        for field in ["\(lane)", "\(lane).\(block)", "t\(block)"] { counts[field, default: 0] += 1 }
        if window == nil {
            let bit = lane * RoomKeys.blockSize + offset
            bits[bit / 32, default: 0] |= 1 << UInt32(31 - bit % 32)
        } else {
            let member = shuffleKey + Self.padded(UInt64(offset), radix: 10, count: 8)
            commands.append(
                Command("ZADD", key("z:\(block):\(shuffleKey.prefix(1))"), "\(-priority)", member))
        }
    }

    /// Into the wheels of the time-outs.
    private mutating func note(_ image: PositionImage) {
        func lower(_ wheel: String, _ time: Timestamp) {
            bounds[wheel] = min(bounds[wheel] ?? .max, time.milliseconds)
        }
        switch image.position.status {
        case .waiting: lower("w", image.since)
        case .admitted: lower("a", image.since)
        case .active:
            lower("s0", image.since)
            lower("s1", image.session?.lastSeen ?? image.since)
        case .expired, .left, .completed, .terminated, .moved:
            if image.admittedAt == nil {
                endedInLine += 1
                lower("l", image.since)
            } else {
                ended.append((image.since, image.position.id))
                lower("e", image.since)
            }
        }
    }

    private mutating func closeChunk() {
        guard !records.isEmpty else { return }
        let name = "\(block):\((offset - 1) / RoomKeys.chunkSize)"
        let length = RoomKeys.chunkSize * Self.recordSize
        let rest = String(repeating: "-", count: length - records.utf8.count)
        commands.append(Command("SET", key("c:\(name)"), records + rest))
        if !extras.isEmpty { commands.append(Command(["HSET", key("x:\(name)")] + extras)) }
        if addresses.contains(where: { $0 != nil }) {
            let none = String(repeating: "-", count: Self.digestSize)
            let digests = addresses.map { $0?.description ?? none }.joined()
            let rest = String(repeating: none, count: RoomKeys.chunkSize - addresses.count)
            commands.append(Command("SET", key("d:\(name)"), digests + rest))
        }
        for (wheel, time) in bounds { commands.append(Command("ZADD", key(wheel), "\(time)", name)) }
        records = ""
        addresses = []
        extras = []
        bounds = [:]
    }

    /// The bitmap of a block, 32 bits at a time, because commands are text.
    private mutating func closeBits() {
        let words = bits.sorted { $0.key < $1.key }.flatMap { ["SET", "u32", "#\($0.key)", "\($0.value)"] }
        for start in stride(from: 0, to: words.count, by: 4 * Self.pairLimit) {
            let part = words[start..<min(start + 4 * Self.pairLimit, words.count)]
            commands.append(Command(["BITFIELD", key("l:\(block)")] + part))
        }
        bits = [:]
    }

    private mutating func closeBlock() {
        closeChunk()
        closeBits()
        block += 1
        offset = 0
    }

    private mutating func finishKeys() {
        if let window { commands.append(Command("HSET", key("n"), "w\(block)", "\(window.milliseconds)")) }
        put("lanes", lanes.flatMap { [$0.key.name, "\($0.value)"] }, 2)
        put("n", counts.flatMap { [$0.key, "\($0.value)"] }, 2)
        var counts: [String: [String]] = [:]
        for (address, count) in held { counts[RoomKeys.shard(of: address), default: []] += ["\(address)", "\(count)"] }
        for (shard, pairs) in counts { put("q:\(shard)", pairs, 2) }
        for (shard, pairs) in pointers { put("p:\(shard)", pairs, 2) }
        for (name, positions) in users { put(name, positions.flatMap { [$0.key, $0.value] }, 2) }
        for (name, pairs) in passes { put(name, pairs, 2) }
        ended.sort { $0.time < $1.time }
        let entries = ended.map { "\($0.time.milliseconds) \($0.id.hex)" }
        for start in stride(from: 0, to: entries.count, by: Self.pairLimit) {
            let part = entries[start..<min(start + Self.pairLimit, entries.count)]
            commands.append(Command(["RPUSH", key("ended")] + part))
        }
    }

    private mutating func put(_ name: String, _ words: [String], _ width: Int) {
        for start in stride(from: 0, to: words.count, by: width * Self.pairLimit) {
            let part = words[start..<min(start + width * Self.pairLimit, words.count)]
            commands.append(Command(["HSET", key(name)] + part))
        }
    }

    private static func field(of position: PositionID) -> String {
        let bits = UUIDBits(
            high: position.bits.high & 0xffff_ffff_ffff_0fff | 0x4000,
            low: position.bits.low & 0x3fff_ffff_ffff_ffff | 1 << 63)
        return PositionID(bits: bits).hex
    }

    private static func padded(_ time: Timestamp) -> String {
        padded(UInt64(max(0, time.milliseconds)), radix: 10, count: 13)
    }

    private static func padded(_ number: UInt64, radix: Int, count: Int) -> String {
        let text = String(number, radix: radix)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
