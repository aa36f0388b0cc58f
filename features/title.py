"""Job titles: how senior they are and what their work is, in seven languages, by lists of words."""

from collections.abc import Mapping
from functools import cache, lru_cache

from features.vocabulary import Vocabulary, vocabulary, words

REMEMBERED = 4096

# From the strongest on: a title that names several is the first of them, and who assists a director is none. English,
# German, French, Spanish, Italian, Dutch, Portuguese.
SENIORITY: Mapping[str, str] = {
    "assistant": """
        assist* asist* secretary sekretar* secretaire secretari* segretari* receptionist executive_assistant
    """,
    "c-level": """
        ceo cfo coo cto cio cmo cso cpo cro ciso chro cdo president presidente prasident prasidentin geschaftsfuhr*
        geschaeftsfuehr* vorstand* managing_director executive_director geschaftsleit* directeur_general
        directrice_generale director_general directora_general direttore_generale diretor_geral pdg dg
        amministratore_delegato amministratrice_delegata consejero_delegado algemeen_directeur executive_officer
        financial_officer operating_officer technology_officer technical_officer information_officer
        marketing_officer revenue_officer people_officer product_officer commercial_officer security_officer
        data_officer medical_officer
    """,
    "owner": """
        owner founder cofounder co_founder inhaber* eigentumer* grunder* proprietaire fondateur fondatrice
        cofondateur gerant gerante propietari* dueno duena fundador* titolare fondatore proprietari* eigenaar
        eigenares oprichter zaakvoerder dono dona socio socia proprietor entrepreneur unternehmer* emprendedor*
        empresari* imprenditor* ondernemer managing_partner founding_partner senior_partner general_partner
        self_employed
    """,
    "vp": """
        vp assistant_vp assistant_vice_president svp evp avp vice_president vicepresident* vizeprasident*
        vice_presidente vicepresidente
    """,
    "director": """
        director directeur directrice direktor* directora direttore direttrice diretor diretora prokurist*
        assistant_director managing_head general_manager gerente_general direttivo dirigente bestuurder
    """,
    "head": """
        head leiter* *leiter *leiterin leitung *leitung responsable responsabile responsavel hoofd *hoofd jefe jefa
        chef chefe capo chief bereichsleit* abteilungsleit* dean principal_investigator superintendent
    """,
    "student": """
        student students studentin student* werkstudent* etudiant* estudiante* studente* studentessa estudante*
        schuler* pupil undergraduate graduate_student doktorand* phd_student alternant* scholar
    """,
    "intern": """
        intern interns internship praktikant* *praktikant *praktikantin praktikum stagiaire becario becaria stagista
        tirocinante stagiair* estagiari* trainee trainees apprentice azubi auszubildend* apprenti apprentie
        volontar*
    """,
    "manager": """
        manager managers manageress *manager *managerin assistant_manager gerente gestor gestora supervisor*
        teamlead teamleiter* team_lead team_leader coordinator koordinator* coordinateur coordinatrice coordinador*
        coordinatore coordenador* foreman meister administrator_general capo_team chef_de_projet chef_de_produit
        encarregad* encargad* mgr
    """,
    "senior": """
        senior sr principal lead leading staff_engineer expert experte experta fachleit* specialist_senior erfahren*
        architect architekt* distinguished
    """,
    "junior": "junior jr clerk sachbearbeit* aushilf* entry_level",
    # Phrases that would mislead.
    "individual": "lead_generation lead_gen senior_care product_owner process_owner",
}
FUNCTIONS: Mapping[str, str] = {
    "sales": """
        sales vertrieb* verkauf* vente ventes ventas vendite vendedor* verkoop* vendas commercial comercial
        commerciale account accounts business_development bdr sdr key_account aussendienst* presales inside_sales
        revenue
    """,
    "marketing": """
        marketing* brand communications communication kommunikation* comunicacion comunicazione communicatie
        comunicacao growth seo content social_media pr public_relations advertising werbung publicidad
        demand_generation cmo
    """,
    "it": """
        it ti ict informatik* informati* sysadmin system systems network netzwerk* infrastructure security
        cybersecurity cio ciso helpdesk database dba cloud sap administrator_it edv systemadministrator* web
        webmaster
    """,
    "engineering": """
        engineer engineers engineering ingenieur* ingenier* ingegner* engenheir* entwickl* developer* developpeur*
        desarrollador* sviluppator* ontwikkelaar* desenvolvedor* programmer* programmier* software devops technical
        technik* techniker* technician* tecnico tecnica cto architect qa quality_assurance konstrukteur* frontend
        backend fullstack
    """,
    "data": """
        data daten* datos dati dados analytics scientist statistic* machine_learning ai bi business_intelligence
    """,
    "product": "product product_owner produkt* produit producto prodotto produto ux ui designer* design",
    "finance": """
        finance finanz* financ* finanz finanza financieel accounting accountant* buchhalt* comptab* contabil*
        contador* boekhoud* controller controlling treasury treasurer audit* tax steuer* cfo payroll billing
    """,
    "hr": """
        hr human_resources people personal* recruiter recruiting recruitment talent rh ressources_humaines
        recursos_humanos risorse_umane recursoshumanos personeel* chro hrbp personnel
    """,
    "operations": """
        process_owner operations operation ops logisti* supply_chain einkauf* procurement purchasing purchaser buyer
        achat* compras acquisti inkoop* production produktion* produccion produzione productie producao
        manufacturing warehouse lager* operational facility facilities coo plant project projekt* projet proyecto
        progetto projeto
    """,
    "legal": """
        legal lawyer* attorney counsel jurist* recht* rechtsanwalt* juridi* avocat* abogad* avvocat* advoca*
        advocaat compliance paralegal notar* datenschutz* privacy solicitor
    """,
    "support": """
        support customer_success customer_service kundenservice kundendienst* kundenbetreu* service_client
        atencion_al_cliente servizio_clienti klantenservice helpline customer_care customer_support suporte
    """,
    "education": """
        teacher* lehrer* professor* professeur* profesor* insegnante* docent* docente leraar* education* dozent*
        lecturer* academic tutor* trainer* instructor* school schule university enseignant* maestr* headteacher
        researcher* research forschung* dean faculty
    """,
    "health": """
        doctor* arzt* arztin medecin* medic medico medica medical nurse* pfleg* krankenpfleg* infirmi* enfermer*
        infermier* verpleeg* pharma* apothek* dentist* zahnarzt* clinic* klinik* health* physio* therapist*
        therapeut* psycholog* veterinar* hospital
    """,
    "consulting": """
        consultant* consulting berater* beratung conseil conseiller* consultor* consulente* adviseur* advisor*
        adviser*
    """,
    "management": """
        ceo managing_director founder cofounder owner president geschaftsfuhr* geschaeftsfuehr* inhaber* vorstand*
        gerant* pdg general_manager director_general directeur_general direttore_generale diretor_geral
        amministratore_delegato eigenaar* proprietaire* propietari* titolare dono entrepreneur unternehmer* grunder*
    """,
    "office": """
        assistant* assistent* assistenz secretary sekretar* secretaire* secretari* segretari* receptionist*
        office_manager personal_assistant administrative administration verwaltung* clerk sachbearbeit*
        administrativ* amministrativ*
    """,
}
WEAKEST_OF_MIXED = frozenset({"office", "management"})


@lru_cache(maxsize=REMEMBERED)
def seniority(title: str) -> str | None:
    """How senior the title is: c-level, owner, vp, director, head, manager, senior, individual, junior, intern, student
    or, whatever the rank of the person assisted, assistant."""
    found = words(title)
    if not any(map(str.isalpha, "".join(found))):
        return None
    named = set(_seniority().meanings(found))
    return next((level for level in SENIORITY if level in named), "individual")


@lru_cache(maxsize=REMEMBERED)
def function(title: str) -> str | None:
    """What the work is: sales, marketing, it, engineering, data, product, finance, hr, operations, legal, support,
    education, health, consulting, office or management, the first one named; other where none is."""
    found = words(title)
    if not any(map(str.isalpha, "".join(found))):
        return None
    named = list(_functions().meanings(found))
    return next((work for work in named if work not in WEAKEST_OF_MIXED), named[0] if named else "other")


@cache
def _seniority() -> Vocabulary:
    return vocabulary(SENIORITY)


@cache
def _functions() -> Vocabulary:
    return vocabulary(FUNCTIONS)
