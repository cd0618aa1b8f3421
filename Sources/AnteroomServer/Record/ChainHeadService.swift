import Logging
import QueueStore
import RecordChain
import ServiceLifecycle
import SessionTokens
import VisitorAPI
import WaitingRoom

/// Publishes the head of each room's chain every minute, where it has moved: for anybody who asks, in the log, and in the
/// stream. Whoever keeps one can tell later whether the record up to it is still the same.
struct ChainHeadService: Service {
    let line: LineStore
    let store: any QueueStore
    let signer: TokenSigner
    let board: ChainHeadBoard
    let rooms: @Sendable () -> [RoomSettings]
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    private static let interval = Duration.seconds(60)
    private static let firstInterval = Duration.seconds(2)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let ids = rooms().map(\.id)
                for room in ids { await publish(room) }
                // At a start the first events may still be on their way.
                let isWhole = ids.allSatisfy { board.head(of: $0) != nil }
                try? await Task.sleep(for: isWhole ? Self.interval : Self.firstInterval)
            }
        }
    }

    /// What is away now is asked again in a minute.
    private func publish(_ room: RoomID) async {
        guard let head = try? await line.chainHead(of: room, in: store), board.head(of: room)?.head != head,
            let signed = try? await SignedChainHead(head, at: clock(), signer: signer)
        else { return }
        board.publish(signed)
        logger.info(
            "Chain head",
            metadata: [
                "queue_id": "\(room)", "opened_at": "\(head.opened.rfc3339)", "sequence": "\(head.sequence)",
                "chainhash": "\(head.hash)",
            ])
        await line.publish(signed)
    }
}
