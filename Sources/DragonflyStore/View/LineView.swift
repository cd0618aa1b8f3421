import QueueStore
import WaitingRoom

/// Where a join put a position, for as long as the store knows it.
struct JoinPoint: Hashable, Sendable {
    let block: UInt32
    /// Within the block.
    let offset: UInt16

    init?(block: Int, offset: Int) {
        guard let block = UInt32(exactly: block), let offset = UInt16(exactly: offset) else { return nil }
        self.block = block
        self.offset = offset
    }
}

/// A room's line at one moment, from the bitmaps in which the store keeps who waits. Exact; a rank is O(1).
///
/// A line that is shuffled or lies in too many bitmaps is seen as empty: nobody's place is found in it.
struct LineView: Sendable {
    private struct Part: Hashable {
        let order: LaneOrder
        let block: UInt32
    }

    let epoch: String
    /// Of the last event before that moment.
    let sequence: UInt64
    /// Of the last who joined before.
    let lastJoin: UInt64
    let time: Timestamp
    let waiting: Int
    let heartbeatTimeout: Milliseconds
    /// Whose places have moved to another device since the event that the view was asked for after; nil: it cannot be told.
    let moved: [PositionID]?
    private let parts: [Part: (before: Int, bits: LaneBits)]

    /// - Throws: `corrupt` if `reply` is not what the script `view` answers.
    init(_ reply: Reply) throws(StoreError) {
        let damaged = StoreError(.corrupt, "the store's answer cannot be read")
        guard let words = reply.array, words.count >= 7, words.count % 3 == 1, let epoch = words[0].text,
            let sequence = words[1].text.flatMap({ UInt64($0) }), let lastJoin = words[2].text.flatMap({ UInt64($0) }),
            let time = words[3].integer, let waiting = words[4].integer, let heartbeat = words[5].integer,
            let moved = words[6].array?.map(\.text)
        else { throw damaged }
        self.epoch = epoch
        self.sequence = sequence
        self.lastJoin = lastJoin
        self.time = Timestamp(milliseconds: Int64(time))
        self.waiting = waiting
        heartbeatTimeout = Milliseconds(Int64(heartbeat))
        if moved == ["*"] {
            self.moved = nil
        } else {
            let ids = moved.compactMap { $0.flatMap { PositionID(hex: $0) } }
            guard ids.count == moved.count else { throw damaged }
            self.moved = ids
        }

        var bitmaps: [(part: Part, bits: LaneBits)] = []
        bitmaps.reserveCapacity(words.count / 3)
        for index in stride(from: 7, to: words.count, by: 3) {
            guard let order = words[index].integer.map(LaneOrder.init(rawValue:)),
                let block = words[index + 1].integer.flatMap(UInt32.init(exactly:)),
                let bytes = words[index + 2].bytes
            else { throw damaged }
            bitmaps.append((Part(order: order, block: block), LaneBits(bytes)))
        }
        bitmaps.sort { ($0.part.order, $0.part.block) < ($1.part.order, $1.part.block) }
        var parts: [Part: (before: Int, bits: LaneBits)] = [:]
        parts.reserveCapacity(bitmaps.count)
        var before = 0
        for (part, bits) in bitmaps {
            parts[part] = (before, bits)
            before += bits.count
        }
        self.parts = parts
    }

    /// The blocks in which somebody waits.
    var blocks: Set<Int> { Set(parts.keys.map { Int($0.block) }) }

    /// 1 = front; nil if nobody who joined there waits.
    func rank(of point: JoinPoint, in order: LaneOrder) -> Int? {
        guard let part = parts[Part(order: order, block: point.block)] else { return nil }
        return part.bits.rank(of: Int(point.offset)).map { part.before + $0 }
    }
}
