import NIOCore
import WaitingRoom

/// Something with at most one deadline at a time: a connection in one of its phases.
protocol DeadlineOwner: AnyObject {
    /// Called on the event loop, once, when the deadline that was set last has passed.
    func deadlinePassed()
}

/// All deadlines of one event loop. Setting one writes four bytes; one repeated task sweeps them, so a request
/// schedules nothing (a scheduled task of NIO's costs four allocations).
///
/// Deadlines are kept to a tenth of a second, rounded up.
final class DeadlineTable {
    typealias Slot = Int

    /// In ticks; `UInt32.max` where none is set.
    private var due: ContiguousArray<UInt32> = []
    private var owners: ContiguousArray<(any DeadlineOwner)?> = []
    private var free: ContiguousArray<Slot> = []
    private(set) var tick: UInt32 = 0
    private let start: NIODeadline
    static let tickLength: Int64 = 100

    init(start: NIODeadline) { self.start = start }

    /// How many owners are registered.
    var count: Int { due.count - free.count }

    func register(_ owner: any DeadlineOwner) -> Slot {
        if let slot = free.popLast() {
            owners[slot] = owner
            return slot
        }
        due.append(.max)
        owners.append(owner)
        return due.count - 1
    }

    func unregister(_ slot: Slot) {
        due[slot] = .max
        owners[slot] = nil
        free.append(slot)
    }

    /// Replaces the slot's deadline by one that long from now. A slot below 0, of somebody who has left, has none.
    func set(_ slot: Slot, after span: Milliseconds) {
        guard slot >= 0 else { return }
        let ticks = (span.count + Self.tickLength - 1) / Self.tickLength + 1
        due[slot] = tick &+ UInt32(clamping: ticks)
    }

    func clear(_ slot: Slot) {
        guard slot >= 0 else { return }
        due[slot] = .max
    }

    /// How long it is until the slot's deadline, in whole ticks; nil where none is set.
    func left(_ slot: Slot) -> Milliseconds? {
        guard slot >= 0, due[slot] != .max else { return nil }
        return Milliseconds(Int64(due[slot] > tick ? due[slot] - tick : 0) * Self.tickLength)
    }

    /// Calls those whose deadline has passed. O(registered), a few bytes each.
    func sweep(now: NIODeadline) {
        tick = UInt32(clamping: (now - start).nanoseconds / (Self.tickLength * 1_000_000))
        for slot in due.indices where due[slot] <= tick {
            due[slot] = .max
            owners[slot]?.deadlinePassed()
        }
    }

    /// Everyone registered at this moment.
    var everyone: [any DeadlineOwner] { owners.compactMap { $0 } }
}
