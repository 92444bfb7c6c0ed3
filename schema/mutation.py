"""The root of writing. Every field is nullable, so that one refusal does not erase what another field did."""

from schema import identity, people, toggles
from schema.declarations import Argument, field, value


@value("Everything that can be changed.")
class Mutation:
    sign_up: identity.SignUpPayload | None = field(
        "Found a company and become its owner.", input=Argument(identity.SignUpInput, "The company and its owner.")
    )
    confirm_email: identity.ConfirmEmailPayload | None = field(
        "Confirm the e-mail address by the token of a mail.", input=Argument(identity.ConfirmEmailInput, "The token.")
    )
    login: identity.LoginPayload | None = field(
        "Sign in with a password.", input=Argument(identity.LoginInput, "Who signs in.")
    )
    logout: identity.LogoutPayload | None = field("End the session that this request uses.")
    end_session: identity.EndSessionPayload | None = field(
        "End one of one's own sessions.", input=Argument(identity.EndSessionInput, "The session.")
    )
    request_password_reset: identity.RequestPasswordResetPayload | None = field(
        "Have a mail sent with which a forgotten password can be replaced.",
        input=Argument(identity.RequestPasswordResetInput, "Whose."),
    )
    reset_password: identity.ResetPasswordPayload | None = field(
        "Replace a forgotten password; ends all sessions of the login.",
        input=Argument(identity.ResetPasswordInput, "The new password."),
    )
    update_profile: identity.UpdateProfilePayload | None = field(
        "Change one's own names and language, everywhere.",
        input=Argument(identity.UpdateProfileInput, "What changes."),
    )
    change_password: identity.ChangePasswordPayload | None = field(
        "Replace a known password; ends all other sessions.",
        input=Argument(identity.ChangePasswordInput, "The passwords."),
    )
    create_company: people.CreateCompanyPayload | None = field(
        "Found another company under the same login.", input=Argument(people.CreateCompanyInput, "The company.")
    )
    update_company: people.UpdateCompanyPayload | None = field(
        "Change a company's data.", input=Argument(people.UpdateCompanyInput, "What changes.")
    )
    create_user: people.CreateUserPayload | None = field(
        "Invite a user.", input=Argument(people.CreateUserInput, "The user.")
    )
    resend_invitation: people.ResendInvitationPayload | None = field(
        "Send an invitation again.", input=Argument(people.ResendInvitationInput, "The user.")
    )
    accept_invitation: people.AcceptInvitationPayload | None = field(
        "Accept an invitation by the token of a mail.",
        input=Argument(people.AcceptInvitationInput, "The invitation."),
    )
    update_user: people.UpdateUserPayload | None = field(
        "Change somebody else's role, names or language in a company.",
        input=Argument(people.UpdateUserInput, "What changes."),
    )
    delete_user: people.DeleteUserPayload | None = field(
        "End somebody else's access to a company.", input=Argument(people.DeleteUserInput, "The user.")
    )
    set_app_access: toggles.SetAppAccessPayload | None = field(
        "Switch apps on or off for employees.", input=Argument(toggles.SetAppAccessInput, "The toggles.")
    )
    activate_app: toggles.ActivateAppPayload | None = field(
        "Activate an app for a company, and what it requires.", input=Argument(toggles.ActivateAppInput, "The app.")
    )
    deactivate_app: toggles.DeactivateAppPayload | None = field(
        "Deactivate an app for a company.", input=Argument(toggles.DeactivateAppInput, "The app.")
    )
