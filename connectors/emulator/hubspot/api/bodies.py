"""The JSON bodies clients send, as pydantic models: what does not fit is answered with 400.

The wire's names are the camel case of ours. Unknown keys are ignored, as HubSpot does; ids may be numbers or strings.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

Scalar: TypeAlias = str | int | float | bool | None
Properties: TypeAlias = dict[str, Scalar]

MOST = 100
"""Inputs per object batch."""
MOST_READ = 1_000
MOST_WRITTEN = 2_000
"""Inputs per association batch, reading and writing."""


Order: TypeAlias = Annotated[int, Field(ge=-1, le=2**31 - 1)]
"""A `displayOrder`; -1 is last."""


Words: TypeAlias = Annotated[str, Field(pattern=r"\S")]
"""A text that is not blank."""


class Form(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(coerce_numbers_to_str=True, extra="ignore", alias_generator=to_camel)


class Id(Form):
    """A record, named by its id or by the value of an identifying property."""

    id: str


class AssociationSpec(Form):
    """An association type as bodies name it."""

    association_category: str
    association_type_id: int


class Specs(RootModel[list[AssociationSpec]]):
    """The complete list of an association's types: the body of a single PUT."""


class NewLink(Form):
    """One association of a create body."""

    to: Id
    types: list[AssociationSpec]


class Write(Form):
    """A single create or update."""

    properties: Properties = Field(default_factory=dict)
    associations: list[NewLink] = Field(default_factory=list)


class Row(Write):
    """One input of a batch write."""

    id: str | None = None
    id_property: str | None = None
    object_write_trace_id: str | None = None


class Rows(Form):
    """A batch create, update or upsert."""

    inputs: Annotated[list[Row], Field(max_length=MOST)]


class Ids(Form):
    """A batch archive."""

    inputs: Annotated[list[Id], Field(max_length=MOST)]


class BatchRead(Ids):
    """A batch read."""

    properties: list[str] = Field(default_factory=list)
    properties_with_history: list[str] = Field(default_factory=list)
    id_property: str | None = None


class Merge(Form):
    """A merge."""

    primary_object_id: str
    object_id_to_merge: str


class Purge(Form):
    """A deletion for good."""

    object_id: str
    id_property: str | None = None


class SearchFilter(Form):
    """One condition of a search."""

    property_name: str
    operator: str
    value: str | None = None
    high_value: str | None = None
    values: list[str] = Field(default_factory=list)


class FilterGroup(Form):
    """Conditions that must all hold."""

    filters: list[SearchFilter] = Field(default_factory=list)


class Sort(Form):
    """What a search is ordered by."""

    property_name: str
    direction: str = "ASCENDING"


class Search(Form):
    """A search."""

    filter_groups: list[FilterGroup] = Field(default_factory=list)
    filters: list[SearchFilter] = Field(default_factory=list)
    sorts: list[Sort | str] = Field(default_factory=list)
    query: str | None = None
    properties: list[str] = Field(default_factory=list)
    limit: int = 10
    after: str | None = None


class Paged(Id):
    """One record of an association batch read and where its page begins."""

    after: str | None = None


class LinksRead(Form):
    """An association batch read."""

    inputs: Annotated[list[Paged], Field(max_length=MOST_READ)]


class TypedLink(Form):
    """One link of an association batch write."""

    from_: Id = Field(alias="from")
    to: Id
    types: list[AssociationSpec] = Field(default_factory=list)


class TypedLinks(Form):
    """An association batch create, default create or label archive."""

    inputs: Annotated[list[TypedLink], Field(max_length=MOST_WRITTEN)]


class Unlink(Form):
    """Links of one record to remove."""

    from_: Id = Field(alias="from")
    to: list[Id]


class Unlinks(Form):
    """An association batch archive."""

    inputs: Annotated[list[Unlink], Field(max_length=MOST_WRITTEN)]


class NewLabel(Form):
    """A custom association label."""

    label: Words
    name: Words
    inverse_label: str | None = None


class Label(Form):
    """Other words for a label."""

    association_type_id: int
    label: Words


class PropertyOption(Form):
    """One choice of a property to create or change."""

    label: str
    value: str
    display_order: Order | None = None
    hidden: bool = False
    description: str | None = None


class PropertyChange(Form):
    """A change to a property's definition; what is not named stays."""

    label: str | None = None
    type: str | None = None
    field_type: str | None = None
    group_name: str | None = None
    description: str | None = None
    options: list[PropertyOption] | None = None
    display_order: Order | None = None
    hidden: bool | None = None
    form_field: bool | None = None


class NewProperty(PropertyChange):
    """A property to create."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    has_unique_value: bool = False


class NewProperties(Form):
    """A batch of properties to create."""

    inputs: Annotated[list[NewProperty], Field(max_length=MOST)]


class Name(Form):
    """A property, named."""

    name: str


class Names(Form):
    """A batch of properties to archive."""

    inputs: Annotated[list[Name], Field(max_length=MOST)]


class NamesRead(Names):
    """A batch of properties to read."""

    archived: bool = False


class GroupChange(Form):
    """A change to a property group."""

    label: str | None = None
    display_order: Order | None = None


class NewGroup(Form):
    """A property group to create."""

    name: Words
    label: Words
    display_order: Order = -1


class StageChange(Form):
    """A change to a stage."""

    label: Words | None = None
    display_order: Order | None = None
    metadata: dict[str, str] = Field(default_factory=dict)


class NewStage(StageChange):
    """A stage to create or replace."""

    label: Words
    stage_id: str | None = None


class PipelineChange(Form):
    """A change to a pipeline."""

    label: Words | None = None
    display_order: Order | None = None


class NewPipeline(PipelineChange):
    """A pipeline to create or replace."""

    label: Words
    stages: Annotated[list[NewStage], Field(max_length=MOST)]


class ValidationRule(Form):
    """A rule that values of a property must fulfil."""

    rule_arguments: list[str] = Field(default_factory=list)
    should_apply_normalization: bool = False


class Throttling(Form):
    """How many deliveries may be under way at once."""

    max_concurrent_requests: int = 10


class WebhookSettings(Form):
    """Where webhooks go."""

    target_url: Words
    throttling: Throttling = Field(default_factory=Throttling)


class SubscriptionChange(Form):
    """Whether a subscription is active."""

    active: bool = False


class NewSubscription(SubscriptionChange):
    """Something to be told of."""

    event_type: str
    property_name: str | None = None
    object_type_id: str | None = None


class SubscriptionSwitch(SubscriptionChange):
    """One subscription to pause or resume."""

    id: str


class SubscriptionChanges(Form):
    """Subscriptions to pause or resume."""

    inputs: Annotated[list[SubscriptionSwitch], Field(max_length=MOST)]


class ListFilters(Form):
    """What members of a dynamic list fulfil."""

    filter_branch: dict[str, Any]


class NewList(Form):
    """A list to create."""

    name: Words
    object_type_id: str
    processing_type: str
    filter_branch: dict[str, Any] | None = None


class ListSearch(Form):
    """A search for lists by their names."""

    query: str | None = None
    list_ids: list[str] = Field(default_factory=list)
    processing_types: list[str] = Field(default_factory=list)
    object_type_id: str | None = None
    count: Annotated[int, Field(ge=0, le=500)] = 20
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0


class RecordIds(RootModel[list[str]]):
    """Members to add or to remove."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class MembershipChange(Form):
    """Members to add and to remove."""

    record_ids_to_add: list[str] = Field(default_factory=list)
    record_ids_to_remove: list[str] = Field(default_factory=list)


class ObjectTypeLabels(Form):
    """What a type's records are called."""

    singular: str | None = None
    plural: str | None = None


class ObjectTypeChange(Form):
    """A change to a portal's own object type."""

    labels: ObjectTypeLabels | None = None
    description: str | None = None
    primary_display_property: str | None = None
    secondary_display_properties: list[str] | None = None
    required_properties: list[str] | None = None
    searchable_properties: list[str] | None = None


class ObjectTypeProperty(NewProperty):
    """A property of a type to create; its group is the type's own when none is named."""

    group_name: str = ""


class NewObjectType(ObjectTypeChange):
    """An object type to create."""

    name: Words
    labels: ObjectTypeLabels
    secondary_display_properties: list[str] = Field(default_factory=list)
    required_properties: list[str] = Field(default_factory=list)
    searchable_properties: list[str] = Field(default_factory=list)
    properties: list[ObjectTypeProperty] = Field(default_factory=list)
    associated_objects: list[str] = Field(default_factory=list)


class ObjectLink(Form):
    """An association between two object types."""

    from_object_type_id: str
    to_object_type_id: str
    name: str | None = None


class NewExport(Form):
    """An export to start; it takes the old flat filters as well as groups."""

    export_type: str
    format: str
    export_name: Words
    object_type: str
    object_properties: list[str] = Field(default_factory=list)
    associated_object_type: str | None = None
    export_internal_values_options: list[str] = Field(default_factory=list)
    public_crm_search_request: Search | None = None
    list_id: str | None = None


class IdsToLink(Form):
    """An association batch read of version 3."""

    inputs: Annotated[list[Id], Field(max_length=MOST_READ)]


class NamedLink(Form):
    """One link of version 3; its type is a name."""

    from_: Id = Field(alias="from")
    to: Id
    type: str


class NamedLinks(Form):
    """An association batch write of version 3."""

    inputs: Annotated[list[NamedLink], Field(max_length=MOST_WRITTEN)]


class NewUser(Form):
    """A user to add."""

    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    first_name: str = ""
    last_name: str = ""
    role_id: str | None = None
    primary_team_id: str | None = None
    secondary_team_ids: list[str] = Field(default_factory=list)
    send_welcome_email: bool = False


class UserChange(Form):
    """A user's role and teams."""

    role_id: str | None = None
    primary_team_id: str | None = None
    secondary_team_ids: list[str] | None = None
    first_name: str | None = None
    last_name: str | None = None
