package import QueueStore
package import WaitingRoom

extension DragonflyStore {
    package func configure(_ rooms: [RoomSettings]) async throws(StoreError) {
        for settings in rooms {
            var random = SystemRandomNumberGenerator()
            let limits = settings.limits.flatMap { [$0.name, $0.value] }
            _ = try await run(
                .configure, in: settings.id,
                [Self.label("g", using: &random), Self.label("e", using: &random), settings.text] + limits)
        }
    }

    /// A random name; its first letter keeps it from looking like a number.
    static func label(_ letter: String, using generator: inout some RandomNumberGenerator) -> String {
        letter + String(generator.next() as UInt64, radix: 16)
    }
}
