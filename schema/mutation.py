"""The root of writing. Every field is nullable, so that one refusal does not erase what another field did."""

from schema import connecting, identity, keys, outside, people, requests, toggles
from schema.apps import App
from schema.declarations import Argument, field, gated, value


@value("Everything that can be changed.")
class Mutation:
    sign_up: identity.SignUpPayload | None = field(
        "Found a company and become its owner.", input=Argument(identity.SignUpInput, "The company and its owner.")
    )
    register_accountant: outside.RegisterAccountantPayload | None = field(
        "Register as an accountant, who enters companies from outside.",
        input=Argument(outside.RegisterAccountantInput, "The accountant."),
    )
    confirm_email: identity.ConfirmEmailPayload | None = field(
        "Confirm the e-mail address by the token of a mail, and the password or a session of the login.",
        input=Argument(identity.ConfirmEmailInput, "The token, and the password."),
    )
    disclaim_email: identity.DisclaimEmailPayload | None = field(
        "Say that somebody else signed up with one's e-mail address: the login starts empty, and what was founded with "
        "it has no owner.",
        input=Argument(identity.DisclaimEmailInput, "The token."),
    )
    login: identity.LoginPayload | None = field(
        "Sign in with a password.", input=Argument(identity.LoginInput, "Who signs in.")
    )
    logout: identity.LogoutPayload | None = field(
        "End the session that this request uses, and all looks as somebody else."
    )
    end_session: identity.EndSessionPayload | None = field(
        "End one of one's own sessions, and all looks as somebody else.",
        input=Argument(identity.EndSessionInput, "The session."),
    )
    request_password_reset: identity.RequestPasswordResetPayload | None = field(
        "Have a mail sent with which a forgotten password can be replaced.",
        input=Argument(identity.RequestPasswordResetInput, "Whose."),
    )
    reset_password: identity.ResetPasswordPayload | None = field(
        "Replace a forgotten password; ends all sessions of the login. One that was never confirmed starts empty, "
        "unless one is signed in to it.",
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
    connect_service: connecting.ConnectServicePayload | None = field(
        "Set up a connection with another service.",
        input=Argument(connecting.ConnectServiceInput, "The connection."),
    )
    update_connected_service: connecting.UpdateConnectedServicePayload | None = field(
        "Change a connection with another service.",
        input=Argument(connecting.UpdateConnectedServiceInput, "What changes."),
    )
    disconnect_service: connecting.DisconnectServicePayload | None = field(
        "Delete a connection with another service, and its secret.",
        input=Argument(connecting.DisconnectServiceInput, "The connection."),
    )
    start_import: requests.StartImportPayload | None = gated(
        "Ask for data to be brought in; needs the app of the data, too.",
        App.DATA_IMPORT,
        input=Argument(requests.StartImportInput, "What is brought in."),
    )
    request_export: requests.RequestExportPayload | None = gated(
        "Ask for data to be taken out; needs the app of the data, too.",
        App.DATA_EXPORT,
        input=Argument(requests.RequestExportInput, "What is taken out."),
    )
    send_document: requests.SendDocumentPayload | None = gated(
        "Record that a document is to be sent by e-mail. No mail leaves yet.",
        App.EMAIL_SENDING,
        input=Argument(requests.SendDocumentInput, "What is sent, and to whom."),
    )
    start_view_as: keys.StartViewAsPayload | None = field(
        "Look at a company as one of its users, for a while and without changing anything.",
        input=Argument(keys.StartViewAsInput, "As whom."),
    )
    create_api_key: keys.CreateApiKeyPayload | None = gated(
        "Make a key for another program.", App.API_ACCESS, input=Argument(keys.CreateApiKeyInput, "The key.")
    )
    revoke_api_key: keys.RevokeApiKeyPayload | None = field(
        "End one of one's own keys; as an owner, what somebody's key opens of one's company.",
        input=Argument(keys.RevokeApiKeyInput, "The key."),
    )
    add_external_user: outside.AddExternalUserPayload | None = field(
        "Give an accountant access to everything in a company but its users.",
        input=Argument(outside.AddExternalUserInput, "The accountant."),
    )
    update_external_user: outside.UpdateExternalUserPayload | None = field(
        "Change when an external user's access ends.", input=Argument(outside.UpdateExternalUserInput, "What changes.")
    )
    remove_external_user: outside.RemoveExternalUserPayload | None = field(
        "End an external user's access to a company.",
        input=Argument(outside.RemoveExternalUserInput, "The external user."),
    )
    leave_company: outside.LeaveCompanyPayload | None = field(
        "End one's own access to a company.", input=Argument(outside.LeaveCompanyInput, "The company.")
    )
    create_client_company: outside.CreateClientCompanyPayload | None = field(
        "Create the company of a client, as an accountant.",
        input=Argument(outside.CreateClientCompanyInput, "The company and its owner."),
    )
    set_support_access: outside.SetSupportAccessPayload | None = field(
        "Let support into a company, or no more.", input=Argument(outside.SetSupportAccessInput, "The switch.")
    )
