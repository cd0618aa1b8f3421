/// The pages by which a place moves to another device: what follows `<reserved path>/rooms/<id>`.
package enum HandoverStep: String, Sendable {
    /// POST: a code for the place of the visitor.
    case offer = "/handover"
    /// GET: asks for the code, or to confirm it; POST: moves the place here.
    case move = "/move"
    /// POST: a visitor whose place has moved to another device wants to join again on this one.
    case again = "/again"
}
