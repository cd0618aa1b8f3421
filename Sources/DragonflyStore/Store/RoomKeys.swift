import WaitingRoom

/// Names of a room's keys. All carry the room's hash tag, so they live on one thread and in one cluster slot.
struct RoomKeys: Hashable, Sendable {
    /// Joins in a block, and records in one of its chunks, as the scripts have them.
    static let blockSize = 32_768
    static let chunkSize = 64

    private static let fixed = ["lanes", "n", "w", "a", "s0", "s1", "l", "e", "ended", "m", "moved"]

    let room: RoomID

    var root: String { "ar:{\(room)}:" }
    var meta: String { root + "meta" }
    var events: String { root + "events" }

    func key(_ name: String, epoch: String) -> String { "\(root)\(epoch):\(name)" }

    /// What every script is given.
    func always(_ view: RoomView?) -> [String] {
        [meta, events] + (view.map { view in Self.fixed.map { key($0, epoch: view.epoch) } } ?? [])
    }

    /// Where these positions are looked up.
    func shards(of positions: some Sequence<PositionID>, _ view: RoomView?) -> [String] {
        guard let view else { return [] }
        return positions.map { key("p:" + Self.shard(of: $0), epoch: view.epoch) }
    }

    /// Where an address's calls are counted: no more in each hash than can be looked through.
    func calls(of address: AddressDigest, per span: Milliseconds) -> String {
        "\(root)calls:\(span.count):\(String(address.value & 0x3ff, radix: 16))"
    }

    /// Where the places of these addresses are counted.
    func counts(of addresses: [AddressDigest], _ view: RoomView?) -> [String] {
        guard let view, view.countsAddresses else { return [] }
        return Set(addresses.map { key("q:" + Self.shard(of: $0), epoch: view.epoch) }).sorted()
    }

    static func shard(of address: AddressDigest) -> String { String(address.value & 0x3fff, radix: 16) }

    static func shard(of position: PositionID) -> String { String(position.bits.low & 0x3fff, radix: 16) }

    /// Where the uses of these passes are counted.
    func passes(_ passes: some Sequence<PassID>, _ view: RoomView?) -> [String] {
        guard let view else { return [] }
        return passes.map { key(Self.passes(with: $0), epoch: view.epoch) }
    }

    /// The hash of a pass.
    static func passes(with pass: PassID) -> String { "v:\(pass.hex.suffix(2))" }

    /// Where the last positions of these users are noted.
    func users(_ particulars: some Sequence<Particulars>, _ view: RoomView?) -> [String] {
        guard let view else { return [] }
        return particulars.compactMap(\.userKey).map { key($0, epoch: view.epoch) }
    }

    /// The codes by which places may move to another device.
    func codes(_ view: RoomView?) -> [String] {
        guard let view else { return [] }
        return ["hc", "hx"].map { key($0, epoch: view.epoch) }
    }

    /// The chunk in which the record of a join is.
    func chunk(_ block: Int, offset: Int, epoch: String) -> String {
        key("c:\(block):\(offset / Self.chunkSize)", epoch: epoch)
    }

    /// The bitmaps of these blocks and of those that are likely to have followed.
    func lines(of blocks: Set<Int>, _ view: RoomView?) -> [String] {
        guard let view else { return [] }
        let last = max(view.block, blocks.max() ?? 0)
        return blocks.union([last, last + 1]).map { key("l:\($0)", epoch: view.epoch) }
    }

    /// Where `count` who join now are likely to be put.
    func tail(_ view: RoomView?, count: Int, withExtras: Bool) -> [String] {
        guard let view, view.block > 0 else { return [] }
        var names: [String] = []
        for chunk in view.offset / Self.chunkSize...(view.offset + max(1, count) - 1) / Self.chunkSize {
            names.append("c:\(view.block):\(chunk)")
            if withExtras || view.isShuffled { names.append("x:\(view.block):\(chunk)") }
            if view.countsAddresses { names.append("d:\(view.block):\(chunk)") }
        }
        if view.isShuffled {
            names += (0..<16).map { "z:\(view.block):\(String($0, radix: 16))" }
        } else {
            names.append("l:\(view.block)")
        }
        return names.map { key($0, epoch: view.epoch) }
    }
}

/// What a gate remembers of a room's layout, to name the right keys at the first attempt. May be out of date: the
/// scripts ask for what is missing.
struct RoomView: Hashable, Sendable {
    var epoch: String
    var block = 0
    var offset = 0
    var isShuffled = false
    /// Whether the room limits the places of an address.
    var countsAddresses = false
}
