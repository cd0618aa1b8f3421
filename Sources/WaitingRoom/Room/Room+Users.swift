/// One place for each user.
extension Room {
    /// What a join of this user finds; nil if the user holds no place and no slot. O(log n).
    mutating func holder(of user: UserID?) -> JoinOutcome? {
        guard let user, let id = users[user], let place = place(of: id), !place.position.status.isFinal else {
            return nil
        }
        return .taken(place)
    }
}
