package import WaitingRoom

extension AdminClient {
    /// So many steps one after the other may end nobody, before the drain is given up.
    private static let idleSteps = 3

    /// Ends who waits or is through, in as many steps as it takes; who joins meanwhile is left alone.
    /// - Parameter progress: told after each step.
    /// - Returns: what all steps together came to.
    package func drain(
        _ scope: DrainScope, of room: RoomID, progress: (ProgressLine) -> Void
    ) async throws(AdminRefusal) -> DrainTally {
        let start = ContinuousClock.now
        var total = DrainTally(ended: 0, remaining: 0, until: nil)
        var idle = 0
        repeat {
            let step: DrainTally
            do throws(AdminRefusal) {
                step = try await ask(.drain(scope, of: room, until: total.until)).value
            } catch {
                guard total.ended > 0 else { throw error }
                throw AdminRefusal(error.code, "after \(Words.count(total.ended)) were ended: \(error)")
            }
            total.ended += step.ended
            total.remaining = step.remaining
            total.until = step.until ?? total.until
            idle = step.ended == 0 ? idle + 1 : 0
            progress(
                ProgressLine(
                    done: total.ended, remaining: step.remaining, elapsed: (ContinuousClock.now - start).seconds))
        } while total.remaining > 0 && idle < Self.idleSteps
        guard total.remaining == 0 else {
            throw AdminRefusal(
                .refused,
                "\(Words.count(total.ended)) were ended, then the gate got no further; "
                    + "\(Words.count(total.remaining)) remain. Try again, and look at its log")
        }
        return total
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
