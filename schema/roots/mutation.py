"""The root type Mutation. Every field is nullable, so that the error of one does not erase the result of another."""

from schema.apps import App
from schema.declarations.fields import Argument, field, gated
from schema.declarations.object_types import value
from schema.mutations import (
    access,
    access_requests,
    apps,
    clients,
    companies,
    connectors,
    externals,
    invitations,
    keys,
    passwords,
    plans,
    prices,
    profile,
    registration,
    requests,
    sign_in,
    support,
    users,
)


@value("Everything that can be changed.")
class Mutation:
    sign_up: registration.SignUpPayload | None = field(
        "Found a company and become its owner.", input=Argument(registration.SignUpInput, "The company and its owner.")
    )
    register_accountant: registration.RegisterAccountantPayload | None = field(
        "Register as an accountant, who enters companies from outside.",
        input=Argument(registration.RegisterAccountantInput, "The accountant."),
    )
    become_accountant: registration.BecomeAccountantPayload | None = field(
        "Make one's own login an accountant's; what it has in companies stays.",
        input=Argument(registration.BecomeAccountantInput, "The office."),
    )
    confirm_email: registration.ConfirmEmailPayload | None = field(
        "Confirm the e-mail address by the token of a mail, and the password or a session of the login.",
        input=Argument(registration.ConfirmEmailInput, "The token, and the password."),
    )
    disclaim_email: sign_in.DisclaimEmailPayload | None = field(
        "Say that somebody else signed up with one's e-mail address: the login starts empty, and what was founded with "
        "it has no owner.",
        input=Argument(sign_in.DisclaimEmailInput, "The token."),
    )
    login: sign_in.LoginPayload | None = field(
        "Sign in with a password.", input=Argument(sign_in.LoginInput, "Who signs in.")
    )
    logout: sign_in.LogoutPayload | None = field(
        "End the session that this request uses, and all looks as somebody else."
    )
    end_session: sign_in.EndSessionPayload | None = field(
        "End one of one's own sessions, and all looks as somebody else.",
        input=Argument(sign_in.EndSessionInput, "The session."),
    )
    request_password_reset: passwords.RequestPasswordResetPayload | None = field(
        "Have a mail sent with which a forgotten password can be replaced.",
        input=Argument(passwords.RequestPasswordResetInput, "Whose."),
    )
    reset_password: passwords.ResetPasswordPayload | None = field(
        "Replace a forgotten password; ends all sessions of the login. One that was never confirmed starts empty, "
        "unless one is signed in to it.",
        input=Argument(passwords.ResetPasswordInput, "The new password."),
    )
    update_profile: profile.UpdateProfilePayload | None = field(
        "Change one's own names and language, everywhere.",
        input=Argument(profile.UpdateProfileInput, "What changes."),
    )
    change_password: passwords.ChangePasswordPayload | None = field(
        "Replace a known password; ends all other sessions.",
        input=Argument(passwords.ChangePasswordInput, "The passwords."),
    )
    create_company: companies.CreateCompanyPayload | None = field(
        "Found another company under the same login.", input=Argument(companies.CreateCompanyInput, "The company.")
    )
    update_company: companies.UpdateCompanyPayload | None = field(
        "Change a company's data.", input=Argument(companies.UpdateCompanyInput, "What changes.")
    )
    create_user: users.CreateUserPayload | None = field(
        "Invite a user.", input=Argument(users.CreateUserInput, "The user.")
    )
    resend_invitation: invitations.ResendInvitationPayload | None = field(
        "Send an invitation again.", input=Argument(invitations.ResendInvitationInput, "The user.")
    )
    accept_invitation: invitations.AcceptInvitationPayload | None = field(
        "Accept an invitation by the token of a mail.",
        input=Argument(invitations.AcceptInvitationInput, "The invitation."),
    )
    update_user: users.UpdateUserPayload | None = field(
        "Change somebody else's role, names or language in a company.",
        input=Argument(users.UpdateUserInput, "What changes."),
    )
    delete_user: users.DeleteUserPayload | None = field(
        "End somebody else's access to a company.", input=Argument(users.DeleteUserInput, "The user.")
    )
    set_app_access: access.SetAppAccessPayload | None = field(
        "Switch apps on or off for employees.", input=Argument(access.SetAppAccessInput, "The toggles.")
    )
    request_access: access_requests.RequestAccessPayload | None = field(
        "Ask the owners for an app.", input=Argument(access_requests.RequestAccessInput, "The app, and what for.")
    )
    decide_access_request: access_requests.DecideAccessRequestPayload | None = field(
        "Grant or decline what a user has asked for.",
        input=Argument(access_requests.DecideAccessRequestInput, "The decision."),
    )
    activate_app: apps.ActivateAppPayload | None = field(
        "Activate an app for a company, and what it requires.", input=Argument(apps.ActivateAppInput, "The app.")
    )
    deactivate_app: apps.DeactivateAppPayload | None = field(
        "Deactivate an app for a company.", input=Argument(apps.DeactivateAppInput, "The app.")
    )
    change_plan: plans.ChangePlanPayload | None = field(
        "Change the plan of a company, at once. Apps above it sleep: nobody reaches them, data and toggles are kept. "
        "Refused where the operator changes plans.",
        input=Argument(plans.ChangePlanInput, "The plan."),
    )
    adjust_prices: prices.AdjustPricesPayload | None = gated(
        "Raise or lower the prices of many products at once. Margins follow; a price that stays the same is no change.",
        App.PRODUCTS,
        input=Argument(prices.AdjustPricesInput, "Which prices, and by how much."),
    )
    connect_service: connectors.ConnectServicePayload | None = field(
        "Set up a connection with another service.",
        input=Argument(connectors.ConnectServiceInput, "The connection."),
    )
    update_connected_service: connectors.UpdateConnectedServicePayload | None = field(
        "Change a connection with another service.",
        input=Argument(connectors.UpdateConnectedServiceInput, "What changes."),
    )
    disconnect_service: connectors.DisconnectServicePayload | None = field(
        "Delete a connection with another service, and its secret.",
        input=Argument(connectors.DisconnectServiceInput, "The connection."),
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
    add_external_user: externals.AddExternalUserPayload | None = field(
        "Give an accountant access to everything in a company but its users.",
        input=Argument(externals.AddExternalUserInput, "The accountant."),
    )
    update_external_user: externals.UpdateExternalUserPayload | None = field(
        "Change when an external user's access ends.",
        input=Argument(externals.UpdateExternalUserInput, "What changes."),
    )
    remove_external_user: externals.RemoveExternalUserPayload | None = field(
        "End an external user's access to a company.",
        input=Argument(externals.RemoveExternalUserInput, "The external user."),
    )
    leave_company: externals.LeaveCompanyPayload | None = field(
        "End one's own access to a company.", input=Argument(externals.LeaveCompanyInput, "The company.")
    )
    decline_invitation: invitations.DeclineInvitationPayload | None = field(
        "Decline an invitation to one's own login.",
        input=Argument(invitations.DeclineInvitationInput, "The invitation."),
    )
    create_client_company: clients.CreateClientCompanyPayload | None = field(
        "Create the company of a client, as an accountant.",
        input=Argument(clients.CreateClientCompanyInput, "The company and its owner."),
    )
    set_support_access: support.SetSupportAccessPayload | None = field(
        "Let support into a company, or no more.", input=Argument(support.SetSupportAccessInput, "The switch.")
    )
