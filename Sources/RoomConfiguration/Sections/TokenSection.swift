import WaitingRoom

extension TokenConfiguration {
    /// - Parameter binding: set to the binding of rooms that name none, if it is written.
    init(reading section: Section, binding: inout TokenBinding) {
        self.init()
        section.read("algorithm", into: &algorithm, .choice)
        section.read("lifetime", into: &lifetime, .duration(.seconds(30)...Milliseconds.hours(1)))
        section.read("key_file", into: &keyFile, .text)
        section.read("token_binding", into: &binding, .choice)
    }
}
