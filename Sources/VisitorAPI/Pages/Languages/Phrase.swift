/// A sentence or label of the pages. Numbers stand beside labels, never inside a sentence, so that no language needs
/// plural forms. The raw value is the name in the page sources and, behind `text.`, in operators' templates.
enum Phrase: String, Hashable, Sendable, CaseIterable {
    // The queue page
    case heading, keepOpen, place, ahead, total, wait, waitUnknown, lessThanMinute, progress
    /// Abbreviations that stand behind a number, whatever the number.
    case minutes, hours
    case paused, notSent, reloads, leave, leaveQuestion, enter, again, reference
    // Its connection
    case live, reconnecting, offline, updated
    // Its end
    case turnHeading, turnText, expiredHeading, expiredText, leftHeading, leftText, missedHeading, missedText
    /// Said of a place that was given back after a missed turn.
    case returned
    /// The link to the signed receipt of the place.
    case receipt
    // To another device and from it
    case handover, handoverText, handoverLife, moveHeading, moveText, moveCode, moveHere, moveWrong
    case movedHeading, movedText
    // Before the opening
    case opensIn, drawNote, drawSeal, scheduledHeading, scheduledText
    // Notices
    case closedHeading, closedText
    case fullHeading, fullText, maintenanceHeading, maintenanceText, unavailableHeading, unavailableText
    case crowdedHeading, crowdedText
    case retries, tryAgain
    // Passes
    case inviteOnlyHeading, inviteOnlyText, passRefusedHeading, passRefusedText, goOn
    // Errors
    case badRequestHeading, badRequestText, tooLargeHeading, tooLargeText, notFoundHeading, notFoundText
    case timeoutHeading, timeoutText, originDownHeading, originDownText, originSlowHeading, originSlowText
    case busyHeading, busyText
    // Challenges
    case challengeHeading, challengeText, challengeWidgetText, challengeKept, challengeProgress, challengeDone
    case challengeFailed, challengeBlocked, challengeScript

    /// Those that the challenge page's script writes.
    static let ofChallenge: [Phrase] = [.challengeDone, .challengeFailed, .challengeBlocked, .reconnecting]

    /// Those that the queue page's script writes.
    static let ofScript: [Phrase] = [
        .place, .wait, .waitUnknown, .lessThanMinute, .live, .reconnecting, .offline, .updated, .leaveQuestion, .enter,
        .again, .turnHeading, .turnText, .expiredHeading, .expiredText, .leftHeading, .leftText,
        .missedHeading, .missedText,
    ]
}
