package import WaitingRoom

extension AdminClient {
    /// Lets so many in at once, in as few calls as it takes; it ends early where nobody waits or no slot is free.
    /// - Parameter count: from 1.
    /// - Returns: what all calls together came to.
    package func admit(_ count: Int, to room: RoomID) async throws(AdminRefusal) -> AdmitTally {
        var total = AdmitTally(admitted: 0, waiting: 0)
        while total.admitted < count {
            let size = min(count - total.admitted, AdminCall.admissionLimit)
            let step: AdmitTally
            do throws(AdminRefusal) {
                step = try await ask(.admit(size, to: room)).value
            } catch {
                guard total.admitted > 0 else { throw error }
                throw AdminRefusal(error.code, "after \(Words.count(total.admitted)) were let in: \(error)")
            }
            total.admitted += step.admitted
            total.waiting = step.waiting
            if step.admitted < size { break }
        }
        return total
    }
}
