package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    /// Where rooms have to be trusted, none is made that the store does not know: it may have lost it.
    package func configure(_ rooms: [RoomSettings]) async throws(StoreError) {
        for settings in rooms { try await configure(settings, mayMake: !needsTrust) }
    }

    /// Makes a room that was never there, unless another gate just has.
    package func make(_ settings: RoomSettings) async throws(StoreError) {
        try await configure(settings, mayMake: true)
    }

    private func configure(_ settings: RoomSettings, mayMake: Bool) async throws(StoreError) {
        let names = mayMake ? [Self.label("g"), Self.label("e")] : ["", ""]
        var standing = (overrides: "", adapted: "")
        for _ in 0..<Self.attempts {
            let overrides = try Self.overrides(standing.overrides, of: settings.id)
            let adapted = try Self.adapted(standing.adapted, of: settings.id)
            let limits = settings.inForce(adapted: adapted, under: overrides).limits.flatMap { [$0.name, $0.value] }
            let reply = try await run(
                .configure, in: settings.id, names + [settings.text, standing.overrides, standing.adapted] + limits)
            guard let words = reply.array?.map(\.text), words.count == 3, words[0] == "LAYERS", let set = words[1],
                let rate = words[2]
            else { return }
            standing = (set, rate)
        }
        throw StoreError(.unavailable, "room \(settings.id) changes too fast; try again")
    }

    /// Limits are reckoned here, of three texts that the store keeps: the script says where one has changed meanwhile.
    static let attempts = 16

    package func override(
        _ changes: RoomOverrides.Changes, by actor: OperatorName, in room: RoomID
    ) async throws(StoreError) -> RoomFacts {
        for _ in 0..<Self.attempts {
            _ = try trustedConnection(for: room)
            let meta = try await self.meta(of: room)
            let facts = try self.facts(of: room, in: meta)
            var overrides = facts.overrides?.values ?? RoomOverrides()
            overrides.apply(changes)
            var settings = facts.configured.inForce(adapted: facts.adapted, under: nil)
            overrides.apply(to: &settings)
            let limits = settings.limits.flatMap { [$0.name, $0.value] }
            let reply = try await run(
                .override, in: room,
                [
                    actor.text, overrides.text, facts.configured.text, facts.adapted?.text ?? "",
                    meta["over"] ?? "",
                ] + limits)
            if reply.text == "OK" { return try await self.facts(of: room) }
        }
        throw StoreError(.unavailable, "room \(room) changes too fast; try again")
    }

    /// What the store keeps as overrides; nil for an empty text.
    static func overrides(_ text: String, of room: RoomID) throws(StoreError) -> StandingOverrides? {
        guard !text.isEmpty else { return nil }
        guard let overrides = StandingOverrides(text: text) else {
            throw StoreError(.corrupt, "the store holds overrides of room \(room) that cannot be read")
        }
        return overrides
    }

    /// A random name; its first letter keeps it from looking like a number.
    static func label(_ letter: String) -> String { letter + String(UInt64.random(in: 0...UInt64.max), radix: 16) }
}
