/// One part of a `ShardedTable`: open addressing with linear probing, half to three quarters full once it has grown. What
/// is removed leaves no mark: those behind it move up (D. Knuth, The Art of Computer Programming 3, section 6.4,
/// algorithm R).
struct TableShard<Key: ShardedKey, Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        /// Of the key; zero where the slot is free. A key of zeros is told from that by its value.
        var bits = UUIDBits(high: 0, low: 0)
        var content: Content?

        var isFree: Bool { bits.high | bits.low == 0 && content == nil }
    }

    /// A value, which is looked at and changed where it lies.
    private struct Content: Sendable {
        var value: Value

        @inline(__always)
        func read<Result>(_ body: (borrowing Value) -> Result) -> Result { body(value) }

        @inline(__always)
        mutating func update<Result>(_ body: (inout Value) -> Result) -> Result { body(&value) }
    }

    private var slots: [Slot] = []
    private var count: Int32 = 0

    func value(of key: Key) -> Value? { index(of: key.bits).flatMap { slots[$0].content?.value } }

    @inline(__always)
    func read<Result>(_ key: Key, _ body: (borrowing Value) -> Result) -> Result? {
        guard let index = index(of: key.bits) else { return nil }
        return slots.span[index].content?.read(body)
    }

    @inline(__always)
    mutating func update<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        guard let index = index(of: key.bits) else { return nil }
        return slots[index].content?.update(body)
    }

    /// Nil removes.
    mutating func set(_ key: Key, to value: Value?) {
        let found = index(of: key.bits)
        guard let value else {
            if let found { remove(at: found) }
            return
        }
        if let found {
            slots[found].content = Content(value: value)
        } else {
            insert(Slot(bits: key.bits, content: Content(value: value)))
        }
    }

    @inline(__always)
    mutating func remove(_ key: Key, if condition: (borrowing Value) -> Bool) -> Value? {
        guard let index = index(of: key.bits), slots[index].content?.read(condition) ?? false else { return nil }
        let content = slots[index].content.take()
        remove(at: index)
        return content?.value
    }

    mutating func updateEach(_ body: (Key, inout Value) -> Void) {
        for index in slots.indices {
            let key = Key(bits: slots[index].bits)
            slots[index].content?.update { body(key, &$0) }
        }
    }

    func forEach(_ body: (Key, Value) -> Void) {
        for slot in slots {
            if let content = slot.content { body(Key(bits: slot.bits), content.value) }
        }
    }

    /// The slot of a key that is here.
    private func index(of bits: UUIDBits) -> Int? {
        guard count > 0 else { return nil }
        // The array itself would be retained, which writes to it.
        let slots = slots.span
        var index = home(of: bits)
        while !slots[index].isFree {
            if slots[index].bits == bits { return index }
            index = after(index)
        }
        return nil
    }

    private mutating func insert(_ slot: Slot) {
        if Int(count) * 4 >= slots.count * 3 { grow() }
        slots[freeIndex(for: slot.bits)] = slot
        count += 1
    }

    private mutating func grow() {
        let size = max(8, slots.count * 3 / 2)
        var old: [Slot] = []
        old.reserveCapacity(size)
        // Each made where it lies: to repeat one would copy it as often.
        for _ in 0..<size { old.append(Slot()) }
        swap(&slots, &old)
        while let slot = old.popLast() {
            if !slot.isFree { slots[freeIndex(for: slot.bits)] = slot }
        }
    }

    private func freeIndex(for bits: UUIDBits) -> Int {
        var index = home(of: bits)
        while !slots[index].isFree { index = after(index) }
        return index
    }

    private mutating func remove(at removed: Int) {
        var hole = removed
        var index = after(hole)
        while !slots[index].isFree {
            // It may move up unless its home lies behind the hole.
            let home = home(of: slots[index].bits)
            let staysBehind = hole <= index ? home > hole && home <= index : home > hole || home <= index
            if !staysBehind {
                slots[hole] = Slot(bits: slots[index].bits, content: slots[index].content.take())
                hole = index
            }
            index = after(index)
        }
        slots[hole] = Slot()
        count -= 1
    }

    /// Where a key's search begins. The low digits chose the part of the table, so the high ones of a product choose here.
    private func home(of bits: UUIDBits) -> Int {
        let mixed = (bits.low ^ bits.high) &* 0x9e37_79b9_7f4a_7c15
        return Int(mixed.multipliedFullWidth(by: UInt64(slots.count)).high)
    }

    private func after(_ index: Int) -> Int { index + 1 < slots.count ? index + 1 : 0 }
}
