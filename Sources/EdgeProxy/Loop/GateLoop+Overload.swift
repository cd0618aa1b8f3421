import WaitingRoom

/// What a loop does when connections become too many for the process.
extension GateLoop {
    func add(_ acceptor: some Acceptor) {
        acceptors.removeAll { $0.value == nil }
        acceptors.append(WeakAcceptor(value: acceptor))
        if !isAccepting { acceptor.setAccepting(false) }
    }

    /// Accepts while there is room, and not while there is none: who connects meanwhile waits in the backlog.
    /// - Returns: whether something is scarce.
    @discardableResult
    func regulate() -> Bool {
        let isShort = ledger.shortage != nil
        // In a shutdown those in the backlog still come in.
        let accepts = !isShort || isDraining
        if accepts != isAccepting {
            isAccepting = accepts
            for acceptor in acceptors { acceptor.value?.setAccepting(accepts) }
        }
        return isShort
    }

    /// Closes connections without a request, those that have been so for longest first: a few at a time, so that no more
    /// go than must.
    func makeRoom() {
        let idle = deadlines.everyone.compactMap { owner -> (time: Milliseconds, connection: any VisitorConnection)? in
            guard let connection = owner as? any VisitorConnection, let time = connection.idleTime, time >= .seconds(1)
            else { return nil }
            return (time, connection)
        }
        let count = min(idle.count, max(1, counters.connections / 64))
        for (_, connection) in idle.sorted(by: { $0.time > $1.time }).prefix(count) {
            connection.closeNow()
            counters.shed += 1
        }
    }
}

/// The listener owns acceptors, and may end them at any time.
struct WeakAcceptor {
    weak var value: (any Acceptor)?
}
