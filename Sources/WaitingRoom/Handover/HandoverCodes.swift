/// The codes by which places of one room may move to another device. Soft: not events, so a restart forgets them, and the
/// visitor asks for another.
///
/// Bounded: at most `limit` codes, one for each place, five minutes long.
struct HandoverCodes: Sendable {
    struct Offer: Hashable, Sendable {
        let position: PositionID
        let expiresAt: Timestamp
        /// Who has taken the place: one who asks again finds it.
        var taker: PositionID?
    }

    private var offers: [HandoverDigest: Offer] = [:]
    private var codes: [PositionID: HandoverDigest] = [:]
    /// In the order in which they end; those before `head` are gone.
    private var order: [(code: HandoverDigest, expiresAt: Timestamp)] = []
    private var head = 0
    private var mistakes = 0
    private var mistakesSince = Timestamp(milliseconds: .min)

    /// Nil if there is none, or its time is over. O(1).
    func offer(_ code: HandoverDigest, at now: Timestamp) -> Offer? {
        offers[code].flatMap { now < $0.expiresAt ? $0 : nil }
    }

    /// Makes a code known, in the place of the position's earlier one. O(1), and what is over.
    /// - Returns: when it ends; nil if there are too many.
    mutating func add(_ code: HandoverDigest, of position: PositionID, at now: Timestamp) -> Timestamp? {
        forget(at: now)
        if let earlier = codes.removeValue(forKey: position) { offers[earlier] = nil }
        if order.count - head >= 4 * HandoverTerms.mostCodes {
            // Mostly codes that others have replaced.
            order = order[head...].filter { offers[$0.code]?.expiresAt == $0.expiresAt }
            head = 0
        }
        guard offers.count < HandoverTerms.mostCodes, offers[code] == nil else { return nil }
        let end = now + HandoverTerms.life
        offers[code] = Offer(position: position, expiresAt: end)
        codes[position] = code
        order.append((code, end))
        return end
    }

    mutating func take(_ code: HandoverDigest, by position: PositionID) { offers[code]?.taker = position }

    /// How long nobody's guess is looked at any more; nil if the next one is.
    func rest(at now: Timestamp) -> Milliseconds? {
        let end = mistakesSince + HandoverTerms.mistakeSpan
        return mistakes >= HandoverTerms.mostMistakes && now < end ? end - now : nil
    }

    /// Counts a code that is none.
    mutating func noteMistake(at now: Timestamp) {
        if now >= mistakesSince + HandoverTerms.mistakeSpan {
            mistakesSince = now
            mistakes = 0
        }
        mistakes += 1
    }

    private mutating func forget(at now: Timestamp) {
        while head < order.count, order[head].expiresAt <= now {
            let (code, end) = order[head]
            head += 1
            guard let offer = offers[code], offer.expiresAt == end else { continue }
            offers[code] = nil
            if codes[offer.position] == code { codes[offer.position] = nil }
        }
        if head > 1_024, head > order.count / 2 {
            order.removeFirst(head)
            head = 0
        }
    }
}

/// What holds for the codes of every store.
package enum HandoverTerms {
    package static let life = Milliseconds.minutes(5)
    /// So many of one room may be out at the same time.
    package static let mostCodes = 2_000
    /// So many wrong codes are looked at in a room in `mistakeSpan`, whoever sends them: among 2,000 codes of 2^40 such
    /// guesses find one in about three years.
    package static let mostMistakes = 300
    package static let mistakeSpan = Milliseconds.minutes(1)
}
