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
        let limits = settings.limits.flatMap { [$0.name, $0.value] }
        let names = mayMake ? [Self.label("g"), Self.label("e")] : ["", ""]
        _ = try await run(.configure, in: settings.id, names + [settings.text] + limits)
    }

    /// A random name; its first letter keeps it from looking like a number.
    static func label(_ letter: String) -> String { letter + String(UInt64.random(in: 0...UInt64.max), radix: 16) }
}
