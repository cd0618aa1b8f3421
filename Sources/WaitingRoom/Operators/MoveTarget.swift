/// Where an operator puts somebody who waits.
package enum MoveTarget: Hashable, Sendable {
    /// Before all others of the same priority but those who were put there too, or came back after a missed turn: among
    /// these join order counts.
    case front
    /// Among those of that priority, at the place that the join order gives; who stood in front stands in front there too.
    case priority(Int)
}

extension LineKey {
    func moved(to target: MoveTarget) -> Self {
        switch target {
        case .front:
            return .inFront(priority: priority, sequence: sequence)
        case .priority(let priority):
            var key = self
            key.priority = priority
            return key
        }
    }
}
