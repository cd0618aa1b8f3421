import Testing

@testable import WaitingRoom

struct EntryTests {
    private static let session = Entry.ActiveSession(
        client: Client(address: "192.0.2.7", userAgent: "test"), startedAt: Timestamp(milliseconds: 30),
        lastSeen: Timestamp(milliseconds: 40), pageViews: 2)

    private static let phases: [Entry.Phase] = [
        .waiting(lastSign: Timestamp(milliseconds: 20)),
        .admitted(since: Timestamp(milliseconds: 20)),
        .active(session),
        .ended(Entry.Ending(status: .left, time: Timestamp(milliseconds: 50), admission: nil)),
        .ended(
            Entry.Ending(
                status: .expired, time: Timestamp(milliseconds: 50),
                admission: Entry.EndedAdmission(since: Timestamp(milliseconds: 20), session: nil))),
        .ended(
            Entry.Ending(
                status: .completed, time: Timestamp(milliseconds: 50),
                admission: Entry.EndedAdmission(since: Timestamp(milliseconds: 30), session: session))),
    ]

    private static func entry(_ phase: Entry.Phase, userID: UserID? = nil) -> Entry {
        Entry(
            key: LineKey(priority: 0, window: Timestamp(milliseconds: 10), shuffleKey: 0, sequence: 1),
            enqueuedAt: Timestamp(milliseconds: 10), userID: userID, metadata: [:], phase: phase,
            address: Entry.Address(nil))
    }

    @Test("An entry tells the phase that it was made of", arguments: [nil, UserID("ada")])
    func phase(userID: UserID?) {
        for phase in Self.phases {
            let entry = Self.entry(phase, userID: userID)
            #expect("\(entry.phase)" == "\(phase)")
            #expect(entry.userID == userID)
        }
    }

    @Test("From line to end each step leaves the facts of those before")
    func steps() {
        var entry = Self.entry(.waiting(lastSign: Timestamp(milliseconds: 10)), userID: UserID("ada"))
        entry.renew(at: Timestamp(milliseconds: 15))
        #expect(entry.lastSign == Timestamp(milliseconds: 15))
        entry.admit(at: Timestamp(milliseconds: 20))
        #expect(entry.admittedSince == Timestamp(milliseconds: 20) && entry.lastSign == nil && entry.hasHeldSlot)
        entry.start(Self.session)
        entry.see(3, from: nil, at: Timestamp(milliseconds: 45))
        #expect(entry.idleSince(isRenewed: true) == Timestamp(milliseconds: 45))
        #expect(entry.idleSince(isRenewed: false) == Timestamp(milliseconds: 30))
        #expect(entry.end(as: .completed, at: Timestamp(milliseconds: 50)) == .active)
        #expect(entry.end(as: .left, at: Timestamp(milliseconds: 60)) == .completed)
        entry.renew(at: Timestamp(milliseconds: 70))
        #expect(entry.endedAt == Timestamp(milliseconds: 50) && entry.userID == UserID("ada") && entry.hasHeldSlot)
        var seen = Self.session
        seen.lastSeen = Timestamp(milliseconds: 45)
        seen.pageViews = 5
        let admission = Entry.EndedAdmission(since: Timestamp(milliseconds: 30), session: seen)
        let ending = Entry.Ending(status: .completed, time: Timestamp(milliseconds: 50), admission: admission)
        #expect("\(entry.phase)" == "\(Entry.Phase.ended(ending))")
    }

    @Test("A copy keeps what it was when the entry goes on")
    func copies() {
        var entry = Self.entry(.active(Self.session))
        let copy = entry
        entry.see(1, from: Client(address: "192.0.2.8", userAgent: "other"), at: Timestamp(milliseconds: 60))
        _ = entry.end(as: .expired, at: Timestamp(milliseconds: 70))
        #expect("\(copy.phase)" == "\(Entry.Phase.active(Self.session))")
    }
}
