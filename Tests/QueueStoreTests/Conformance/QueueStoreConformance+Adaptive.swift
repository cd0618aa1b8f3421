import QueueStore
import Testing
import WaitingRoom

extension QueueStoreConformance {
    /// What a store must do where the rate follows the origin.
    static let adaptiveChecks: [QueueStoreConformance] = [
        check("A rate that is lowered holds from then on, beneath what is configured and what an operator sets") {
            hall in
            try await hall.open(slots: 100)
            for number in 1...30 as ClosedRange<UInt64> { _ = try await hall.enqueue(number) }
            hall.clock.advance(by: .seconds(1))
            #expect(try await hall.lower(to: 2))
            let facts = try await hall.facts()
            #expect(facts.adapted == AdaptedRate(hall.perSecond(2), hall.slow, changedAt: hall.clock.now))
            #expect(facts.settings.queueRate == hall.perSecond(2))
            #expect(facts.configured.queueRate == hall.perSecond(100))
            for _ in 1...2 {
                #expect(try await hall.store.admit(in: hall.room).admitted == 2)
                hall.clock.advance(by: .seconds(1))
            }
            let actor = try #require(OperatorName("night-shift"))
            let set = RoomOverrides(queueRate: hall.perSecond(5))
            #expect(
                try await hall.store.override(set, by: actor, in: hall.room).settings.queueRate == hall.perSecond(5))
            try await hall.open(slots: 100) { $0.queueRate = hall.perSecond(1) }
            #expect(try await hall.facts().settings.queueRate == hall.perSecond(5))
            let cleared = try await hall.store.override(RoomOverrides(), by: actor, in: hall.room)
            #expect(cleared.settings.queueRate == hall.perSecond(1), "what is configured is lower now")
            try await hall.open(slots: 100)
            #expect(try await hall.facts().settings.queueRate == hall.perSecond(2))
            hall.clock.advance(by: .seconds(60))
            #expect(try await hall.change(to: nil, .off))
            let off = try await hall.facts()
            #expect(off.adapted == nil && off.settings.queueRate == hall.perSecond(100))
        },
        check("Gates that see distress lower the rate once in a pause, and from what there is") { hall in
            try await hall.open(slots: 1)
            #expect(try await hall.lower(to: 50))
            #expect(try await hall.lower(to: 25) == false, "another gate has just done so")
            #expect(try await hall.change(to: 25, hall.slow, from: .some(nil)) == false, "it knows of no change")
            hall.clock.advance(by: .seconds(9))
            #expect(try await hall.change(to: 25, hall.slow, from: .some(nil)) == false)
            #expect(try await hall.lower(to: 25))
            #expect(try await hall.facts().adapted?.rate == hall.perSecond(25))
            #expect(try await hall.facts().eventSequence == 3)
        },
        check("The rate is raised when no gate has seen distress for a while, also one that changed nothing") { hall in
            try await hall.open(slots: 1)
            #expect(try await hall.lower(to: 50))
            hall.clock.advance(by: .seconds(26))
            #expect(try await hall.change(to: 60, .recovered) == false)
            #expect(try await hall.lower(to: 50) == false, "at the floor")
            hall.clock.advance(by: .seconds(26))
            #expect(try await hall.change(to: 60, .recovered) == false)
            hall.clock.advance(by: .seconds(1))
            #expect(try await hall.change(to: 60, .recovered))
            #expect(try await hall.change(to: 70, .recovered) == false, "another gate has just done so")
            #expect(try await hall.lower(to: 40), "distress waits for no raise")
            hall.clock.advance(by: .seconds(27))
            #expect(try await hall.change(to: nil, .recovered))
            let facts = try await hall.facts()
            #expect(facts.adapted == nil && facts.settings == facts.configured)
            #expect(try await hall.change(to: nil, .recovered) == false)
        },
        check("An unknown room's rate follows nothing") { hall in
            do throws(StoreError) {
                _ = try await hall.store.adapt(
                    RateChange(to: nil, .off, from: nil, every: .seconds(10)), in: hall.room)
                Issue.record("an unknown room was adapted")
            } catch {
                #expect(error.code == .unknownRoom)
            }
        },
    ]
}

extension QueueStoreConformance.Hall {
    fileprivate var slow: AdaptationReason { .latency(Milliseconds(812), target: Milliseconds(500)) }

    fileprivate func perSecond(_ count: Int64) -> Rate { Rate(count: count, per: .seconds(1)) }

    fileprivate func lower(to count: Int64) async throws -> Bool { try await change(to: count, slow) }

    /// With samples every ten seconds.
    /// - Parameter basis: what the gate knows; nil: what there is.
    fileprivate func change(
        to count: Int64?, _ reason: AdaptationReason, from basis: AdaptedRate?? = nil
    ) async throws -> Bool {
        let known: AdaptedRate?
        if let basis { known = basis } else { known = try await facts().adapted }
        return try await store.adapt(
            RateChange(to: count.map(perSecond), reason, from: known, every: .seconds(10)), in: room)
    }
}
