"""The operations for every contender: GraphQL document, variables and the viewer's token.

The variables of a write come with each request (`loads/writes.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.bench.data.dataset import global_id, token

COMPANY: Final = 150
"""The company of the operations on a single company; it is no accountant's client, and is not written to."""

COMPANY_ID: Final = global_id("com", "company", COMPANY)

CONNECTIONS: Final = 16
"""The number of kept connections that send the requests."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `postgraphile` is the same operation for the schema that PostGraphile derives."""

    name: str
    about: str
    query: str
    postgraphile: str | None
    variables: Mapping[str, object] = field(default_factory=dict[str, object])
    token: str = token("owner", COMPANY)


VIEWER = """
query Viewer($id: ID!) {
  viewer { account { id email firstName lastName language } }
  company(id: $id) {
    id name vatNumber enterpriseNumber legalForm street streetNumber postcode city country phone email website
  }
}
"""
VIEWER_P = """
query Viewer($id: UUID!, $account: UUID!) {
  account: accountByRowId(rowId: $account) { id: rowId email firstName lastName language }
  company: companyByRowId(rowId: $id) {
    id: rowId name vatNumber enterpriseNumber legalForm street streetNumber postcode city country phone email website
  }
}
"""

MATRIX = """
query Matrix($id: ID!) {
  company(id: $id) {
    permissionMatrix {
      version
      rows { user { id firstName lastName } cells { app granted effective editable } }
    }
  }
}
"""
MATRIX_P = """
query Matrix($id: UUID!) {
  company: companyByRowId(rowId: $id) {
    version: accessVersion
    rows: membershipsByCompanyIdList(
      condition: { external: false, removedAt: null }, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]
    ) {
      id: rowId firstName lastName
      cells: cellsList { app granted effective editable }
    }
  }
}
"""

INVOICES = """
query Invoices($id: ID!) {
  company(id: $id) {
    invoices(first: 50) {
      nodes {
        id number date dueDate status customerName totalExcl totalVat totalIncl discount totalProfit orderReference
        customer { id number name city email vatNumber }
      }
    }
  }
}
"""
INVOICES_P = """
query Invoices($id: UUID!) {
  company: companyByRowId(rowId: $id) {
    invoices: documentsByCompanyId(condition: { kind: "INVOICE" }, first: 50, orderBy: [DATE_DESC, ROW_ID_DESC]) {
      nodes {
        id: rowId number date dueDate status customerName totalExcl totalVat totalIncl discount totalProfit
        orderReference
        customer: contactByCompanyIdAndCustomerId { id: rowId number name city email vatNumber }
      }
    }
  }
}
"""

DEEP = """
query Deep($id: ID!) {
  company(id: $id) {
    invoices(first: 20) {
      nodes {
        id number date status totalExcl totalIncl discount
        customer { id name city }
        lines { id position name quantity price vatRate discount purchasePrice totalExcl totalIncl }
      }
    }
  }
}
"""
DEEP_P = """
query Deep($id: UUID!) {
  company: companyByRowId(rowId: $id) {
    invoices: documentsByCompanyId(condition: { kind: "INVOICE" }, first: 20, orderBy: [DATE_DESC, ROW_ID_DESC]) {
      nodes {
        id: rowId number date status totalExcl totalIncl discount
        customer: contactByCompanyIdAndCustomerId { id: rowId name city }
        lines: documentLinesByCompanyIdAndDocumentIdList(orderBy: [POSITION_ASC]) {
          id: rowId position name quantity price vatRate discount purchasePrice totalExcl totalIncl
        }
      }
    }
  }
}
"""

DASHBOARD = """
query Dashboard($id: ID!) {
  company(id: $id) {
    customers(first: 10) { nodes { id number name city discount } }
    newest: customers(first: 10, orderBy: [CREATED_AT_DESC]) { nodes { id number name createdAt } }
    products(first: 10) { nodes { id number name price vatRate purchasePrice } }
    dearest: products(first: 10, orderBy: [PRICE_DESC]) { nodes { id name price group { id name } } }
    productGroups(first: 10) { nodes { id name } }
    quotes(first: 10, filter: { status: [SENT] }) { nodes { id number date customerName totalIncl expirationDate } }
    invoices(first: 10) { nodes { id number date status customerName totalIncl discount } }
    overdue: invoices(first: 10, filter: { status: [OVERDUE] }, orderBy: [DUE_DATE_ASC]) {
      nodes { id number dueDate totalIncl customer { id name email } }
    }
    largest: invoices(first: 10, orderBy: [TOTAL_INCL_DESC]) { nodes { id number customerName totalIncl totalProfit } }
    creditNotes(first: 10) { nodes { id number date status totalIncl } }
    documents(first: 10) { nodes { kind number date customerName totalIncl } }
    users(first: 20) { nodes { id firstName lastName role } }
  }
}
"""
DASHBOARD_P = """
query Dashboard($id: UUID!) {
  company: companyByRowId(rowId: $id) {
    customers: contactsByCompanyId(first: 10, condition: { isCustomer: true }, orderBy: [NAME_ASC, ROW_ID_ASC]) {
      nodes { id: rowId number name city discount }
    }
    newest: contactsByCompanyId(first: 10, condition: { isCustomer: true }, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) {
      nodes { id: rowId number name createdAt }
    }
    products: productsByCompanyId(first: 10, orderBy: [NAME_ASC, ROW_ID_ASC]) {
      nodes { id: rowId number name price vatRate purchasePrice }
    }
    dearest: productsByCompanyId(first: 10, orderBy: [PRICE_DESC, ROW_ID_DESC]) {
      nodes { id: rowId name price group: productGroupByCompanyIdAndGroupId { id: rowId name } }
    }
    productGroups: productGroupsByCompanyId(first: 10, orderBy: [NAME_ASC, ROW_ID_ASC]) {
      nodes { id: rowId name }
    }
    quotes: documentsByCompanyId(
      first: 10, condition: { kind: "QUOTE", status: "SENT" }, orderBy: [DATE_DESC, ROW_ID_DESC]
    ) {
      nodes { id: rowId number date customerName totalIncl expirationDate }
    }
    invoices: documentsByCompanyId(first: 10, condition: { kind: "INVOICE" }, orderBy: [DATE_DESC, ROW_ID_DESC]) {
      nodes { id: rowId number date status customerName totalIncl discount }
    }
    overdue: documentsByCompanyId(
      first: 10, condition: { kind: "INVOICE", status: "OVERDUE" }, orderBy: [DUE_DATE_ASC, ROW_ID_ASC]
    ) {
      nodes {
        id: rowId number dueDate totalIncl customer: contactByCompanyIdAndCustomerId { id: rowId name email }
      }
    }
    largest: documentsByCompanyId(first: 10, condition: { kind: "INVOICE" }, orderBy: [TOTAL_INCL_DESC, ROW_ID_DESC]) {
      nodes { id: rowId number customerName totalIncl totalProfit }
    }
    creditNotes: documentsByCompanyId(
      first: 10, condition: { kind: "CREDIT_NOTE" }, orderBy: [DATE_DESC, ROW_ID_DESC]
    ) {
      nodes { id: rowId number date status totalIncl }
    }
    documents: documentsByCompanyId(first: 10, orderBy: [DATE_DESC, ROW_ID_DESC]) {
      nodes { kind number date customerName totalIncl }
    }
    users: membershipsByCompanyId(
      first: 20, condition: { external: false, removedAt: null }, orderBy: [LAST_NAME_ASC, ROW_ID_ASC]
    ) {
      nodes { id: rowId firstName lastName role }
    }
  }
}
"""

ACCOUNTANT = """
query Accountant {
  viewer {
    companies(first: 100) {
      nodes { id name vatNumber invoices(first: 3) { nodes { id number date status totalIncl } } }
    }
  }
}
"""
ACCOUNTANT_P = """
query Accountant($account: UUID!) {
  companies: allMembershipsList(condition: { accountId: $account }, orderBy: [COMPANY_ID_ASC]) {
    company: companyByCompanyId { id: rowId name vatNumber
      invoices: documentsByCompanyId(condition: { kind: "INVOICE" }, first: 3, orderBy: [DATE_DESC, ROW_ID_DESC]) {
        nodes { id: rowId number date status totalIncl }
      }
    }
  }
}
"""

CREATE = """
mutation Create($input: CreateCustomerInput!) {
  createCustomer(input: $input) {
    customer { id number name city country paymentTermDays discount } errors { code field }
  }
}
"""
CREATE_P = """
mutation Create($contact: ContactInput!) {
  createCustomer: createContact(input: { contact: $contact }) {
    customer: contact { id: rowId number name city country paymentTermDays discount }
  }
}
"""

UPDATE = """
mutation Update($input: UpdateCustomerInput!) {
  updateCustomer(input: $input) { customer { id name city note } errors { code field } }
}
"""
UPDATE_P = """
mutation Update($company: UUID!, $row: UUID!, $patch: ContactPatch!) {
  updateCustomer: updateContactByCompanyIdAndRowId(
    input: { companyId: $company, rowId: $row, contactPatch: $patch }
  ) { customer: contact { id: rowId name city note } }
}
"""

WRITE = """
mutation Write($input: SetAppAccessInput!) {
  setAppAccess(input: $input) { permissionMatrix { version } errors { code field } }
}
"""
WRITE_P = """
mutation Write($company: UUID!, $version: Int!, $membership: UUID!, $app: String!, $granted: Boolean!) {
  setAppAccess(
    input: { company: $company, version: $version, membership: $membership, app: $app, granted: $granted }
  ) { version: result }
}
"""

OF_COMPANY: Final[Mapping[str, object]] = {"id": COMPANY_ID}

OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation("viewer", "who am I, and one company", VIEWER, VIEWER_P, OF_COMPANY),
        Operation("matrix", "20 users × 116 apps", MATRIX, MATRIX_P, OF_COMPANY),
        Operation("invoices", "50 invoices with customer", INVOICES, INVOICES_P, OF_COMPANY),
        Operation("deep", "20 invoices with customer and lines", DEEP, DEEP_P, OF_COMPANY),
        Operation("dashboard", "twelve lists", DASHBOARD, DASHBOARD_P, OF_COMPANY),
        Operation(
            "accountant", "62 companies with three invoices each", ACCOUNTANT, ACCOUNTANT_P,
            token=token("accountant", 0)),
        Operation("create_customer", "a new customer, ten fields", CREATE, CREATE_P),
        Operation("update_customer", "two fields of a customer", UPDATE, UPDATE_P),
        Operation("write", "one toggle of the permission matrix", WRITE, WRITE_P),
    )
}  # fmt: skip
"""The operations by name, in the order of the report."""

WRITES: Final = ("create_customer", "update_customer", "write")
READS: Final = tuple(name for name in OPERATIONS if name not in WRITES)
